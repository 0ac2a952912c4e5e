import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { IdbDatabase, IdbFactory, IdbObjectStore } from '../src/key-store/fake-indexeddb.ts';
import { type KeyStore, type KeyStoreOptions, openKeyStore } from '../src/key-store/key-store.ts';
import { openDatabase } from '../src/key-store/open-database.ts';

// Helpers for the tests of the key store: a temporary file, and IndexedDB with promises.

export type Fixture = {
  readonly directory: string;
  readonly path: string;
  /** Opens the key store, after closing it if it is open. */
  open(options?: Omit<KeyStoreOptions, 'path'>): Promise<KeyStore>;
  close(): void;
  /** Every record in the file, once the key store is closed. */
  recordsOnDisk(): unknown[];
  remove(): void;
};

export function makeFixture(): Fixture {
  const parent = mkdtempSync(join(tmpdir(), 'key-store-'));
  const directory = join(parent, 'data');
  const path = join(directory, 'keys.sqlite');
  let store: KeyStore | undefined;
  const close = () => {
    store?.close();
    store = undefined;
  };
  return {
    directory,
    path,
    async open(options = {}) {
      close();
      store = await openKeyStore({ path, ...options });
      return store;
    },
    close,
    recordsOnDisk() {
      const file = new DatabaseSync(path);
      const rows = file.prepare('SELECT store, key FROM idb_record ORDER BY store, key').all();
      file.close();
      return rows.map(({ store, key }) => `${store} ${key}`);
    },
    remove() {
      close();
      rmSync(parent, { recursive: true });
    },
  };
}

type Request = { readonly result: unknown; readonly error: Error | null; addEventListener: AddListener };
type AddListener = (type: string, listener: () => void) => void;
type Upgrade = Parameters<typeof openDatabase>[3];

/** An object store with the operations that only tests use. */
export type Store = IdbObjectStore & {
  delete(key: unknown): Request;
  clear(): Request;
  getAll(): Request;
  getAllKeys(): Request;
  index(name: string): { getAll(key: unknown): Request };
  openCursor(): Request & { readonly result: null | { value: object; update(value: unknown): void; continue(): void } };
};

/** The IndexedDB that the open key store has installed. */
export function idb(): IdbFactory & { databases(): Promise<unknown> } {
  return (globalThis as unknown as { indexedDB: ReturnType<typeof idb> }).indexedDB;
}

export function database(upgrade: Upgrade, version = 1): Promise<IdbDatabase> {
  return openDatabase(idb(), 'test', version, upgrade);
}

export const withStore: Upgrade = (empty) => void empty.createObjectStore('s');

export const noUpgrade: Upgrade = () => {
  throw new Error('The schema was not restored');
};

export function write(db: IdbDatabase, work: (store: Store) => void, store = 's'): Promise<'complete' | 'abort'> {
  const transaction = db.transaction(store, 'readwrite');
  work(transaction.objectStore(store) as Store);
  return new Promise((resolve) => {
    transaction.addEventListener('complete', () => resolve('complete'));
    transaction.addEventListener('abort', () => resolve('abort'));
  });
}

export function read<T = unknown>(db: IdbDatabase, ask: (store: Store) => Request): Promise<T> {
  const request = ask(db.transaction('s', 'readonly').objectStore('s') as Store);
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result as T));
    request.addEventListener('error', () => reject(request.error));
  });
}
