import * as fake from 'fake-indexeddb';
import { KeyStoreError } from './key-store-error.ts';
import type { IdbKey } from './record-key.ts';

// The parts of fake-indexeddb 6.2.8 that the key store uses: part of its public interface, because the package refers to
// DOM types, and internals, which can change in any release.

export type RawRecord = { key: IdbKey; value: unknown };

export type RawStore = {
  readonly name: string;
  readonly keyPath: string | readonly string[] | null;
  readonly autoIncrement: boolean;
  readonly records: {
    get(key: IdbKey): RawRecord | undefined;
    put(record: RawRecord, noOverwrite: boolean): unknown;
    values(range?: unknown): Iterable<RawRecord>;
    size(): number;
  };
  readonly rawIndexes: ReadonlyMap<
    string,
    { readonly name: string; readonly keyPath: string | readonly string[]; unique: boolean; multiEntry: boolean }
  >;
};

/** Rollback steps of one transaction. Raw operations during a rollback get none. */
export type RollbackLog = (() => void)[];

export type RawStorePrototype = {
  storeRecord(this: RawStore, record: RawRecord, noOverwrite: boolean, log?: RollbackLog): IdbKey;
  deleteRecord(this: RawStore, keyOrRange: unknown, log?: RollbackLog): void;
  clear(this: RawStore, log?: RollbackLog): void;
};

export type RawDatabase = {
  readonly name: string;
  readonly version: number;
  readonly rawObjectStores: ReadonlyMap<string, RawStore>;
};

type Target = { addEventListener(type: string, listener: () => void): void };

export type IdbTransaction = Target & {
  readonly mode: 'readonly' | 'readwrite' | 'versionchange';
  readonly db: IdbDatabase;
  readonly error: Error | null;
  objectStore(name: string): IdbObjectStore;
  dispatchEvent(event: { readonly type: string }): boolean;
  readonly _rollbackLog: RollbackLog;
  _abort(errorName: string): void;
};

export type IdbRequest = Target & { readonly result: unknown; readonly error: Error | null };

export type IdbOpenRequest = Target & { readonly result: IdbDatabase; readonly error: Error | null };

export type IdbObjectStore = {
  put(value: unknown, key?: unknown): IdbRequest;
  get(key: unknown): IdbRequest;
  createIndex(name: string, keyPath: string | readonly string[], options?: object): unknown;
  readonly _rawObjectStore: RawStore;
};

export type IdbDatabase = {
  createObjectStore(name: string, options?: object): IdbObjectStore;
  transaction(stores: string | string[], mode: 'readonly' | 'readwrite'): IdbTransaction;
  close(): void;
  readonly _rawDatabase: RawDatabase;
};

export type IdbFactory = {
  open(name: string, version?: number): IdbOpenRequest;
  deleteDatabase(name: string): unknown;
  readonly _databases: ReadonlyMap<string, RawDatabase>;
};

/** Classes of fake-indexeddb by the global names that the WebAssembly module uses. */
export const idbClasses = {
  IDBCursor: fake.IDBCursor,
  IDBCursorWithValue: fake.IDBCursorWithValue,
  IDBDatabase: fake.IDBDatabase,
  IDBFactory: fake.IDBFactory,
  IDBIndex: fake.IDBIndex,
  IDBKeyRange: fake.IDBKeyRange,
  IDBObjectStore: fake.IDBObjectStore,
  IDBOpenDBRequest: fake.IDBOpenDBRequest,
  IDBRequest: fake.IDBRequest,
  IDBTransaction: fake.IDBTransaction,
  IDBVersionChangeEvent: fake.IDBVersionChangeEvent,
} as Record<string, unknown>;

export const transactionPrototype = fake.IDBTransaction.prototype as unknown as IdbTransaction;

export function newFactory(): IdbFactory {
  const factory = new fake.IDBFactory() as unknown as IdbFactory;
  requireInternal(factory._databases instanceof Map, 'IDBFactory._databases');
  return factory;
}

export function isKeyRange(value: unknown): boolean {
  return value instanceof (fake.IDBKeyRange as unknown as new () => object);
}

/** @throws KeyStoreError if fake-indexeddb lacks something that this code uses */
export function requireInternal(present: boolean, what: string): void {
  if (present) return;
  throw new KeyStoreError(
    'internals_changed',
    `fake-indexeddb has no ${what}, so the key store cannot observe writes. ` +
      'Install the exact versions of package-lock.json with npm ci.',
  );
}
