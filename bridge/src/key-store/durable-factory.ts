import { type Commit, commitThrough } from './commit-hooks.ts';
import { type IdbFactory, newFactory } from './fake-indexeddb.ts';
import { KeyStoreError } from './key-store-error.ts';
import { openDatabase } from './open-database.ts';
import type { Journal } from './record-file.ts';
import { createStores } from './schema.ts';

/** An IndexedDB that begins with what the journal holds and whose every change goes through `commit`. */
export async function restoreFactory(journal: Journal, commit: Commit): Promise<IdbFactory> {
  const factory = newFactory();
  for (const { name, version, stores } of journal.databases()) {
    const database = await openDatabase(factory, name, version, (empty) =>
      createStores(empty, stores, (store) => {
        for (const record of journal.records(name, store.name)) store.records.put(record, true);
      }),
    );
    commitThrough(database._rawDatabase, commit);
    database.close();
  }
  return makeDurable(factory, commit);
}

/** Puts `commit` under the databases that `factory` will create. */
export function makeDurable(factory: IdbFactory, commit: Commit): IdbFactory {
  const open = factory.open.bind(factory);
  return Object.assign(factory, {
    open(name: string, version?: number) {
      const request = open(name, version);
      // The first listener: nobody can have written before it.
      request.addEventListener('upgradeneeded', () => commitThrough(request.result._rawDatabase, commit));
      return request;
    },
    deleteDatabase(name: string): never {
      throw new KeyStoreError(
        'unsupported',
        `The database "${name}" can't be deleted: device keys are never thrown away while the program runs. ` +
          'Stop it and move the key store file away instead.',
      );
    },
  });
}
