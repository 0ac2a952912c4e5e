import { type Commit, commitThrough } from './commit-hooks.ts';
import { type IdbFactory, newFactory } from './fake-indexeddb.ts';
import { KeyStoreError } from './key-store-error.ts';
import { openDatabase } from './open-database.ts';
import type { RecordFile } from './record-file.ts';
import { createStores } from './schema.ts';

/** Creates an IndexedDB with the records of the file. Every change goes through `commit`. */
export async function restoreFactory(recordFile: RecordFile, commit: Commit): Promise<IdbFactory> {
  const factory = newFactory();
  for (const { name, version, stores } of recordFile.databases()) {
    const database = await openDatabase(factory, name, version, (empty) =>
      createStores(empty, stores, (store) => {
        for (const record of recordFile.records(name, store.name)) store.records.put(record, true);
      }),
    );
    commitThrough(database._rawDatabase, commit);
    database.close();
  }
  return makeDurable(factory, commit);
}

/** Adds `commit` to all databases that `factory` creates. */
export function makeDurable(factory: IdbFactory, commit: Commit): IdbFactory {
  const open = factory.open.bind(factory);
  return Object.assign(factory, {
    open(name: string, version?: number) {
      const request = open(name, version);
      // This is the first listener, so nothing can be written before.
      request.addEventListener('upgradeneeded', () => commitThrough(request.result._rawDatabase, commit));
      return request;
    },
    deleteDatabase(name: string): never {
      throw new KeyStoreError(
        'unsupported',
        `Cannot delete the database "${name}": device keys are not deleted while the program runs. ` +
          'Stop the program and move the key store file away.',
      );
    },
  });
}
