import {
  type IdbTransaction,
  isKeyRange,
  newFactory,
  type RawDatabase,
  type RawRecord,
  type RawStore,
  type RawStorePrototype,
  type RollbackLog,
  requireInternal,
  transactionPrototype,
} from './fake-indexeddb.ts';
import { openDatabase } from './open-database.ts';
import type { Change, RecordChange } from './record-file.ts';
import { encodeKey, type IdbKey } from './record-key.ts';
import { describeSchema } from './schema.ts';

/** Writes a transaction's change to disk, or throws. */
export type Commit = (change: Change) => void;

const commits = new WeakMap<RawDatabase, Commit>();
const touchedKeys = new WeakMap<RollbackLog, Map<RawStore, Map<string, IdbKey>>>();
let installed: Promise<void> | undefined;

/** Makes transactions of `database` complete only after `commit` returns, and abort if it throws. */
export function commitThrough(database: RawDatabase, commit: Commit): void {
  commits.set(database, commit);
}

/** Hooks into fake-indexeddb's classes, once per process. Only databases passed to commitThrough are affected. */
export function installHooks(): Promise<void> {
  installed ??= install();
  return installed;
}

async function install(): Promise<void> {
  const probe = await openDatabase(newFactory(), 'probe', 1, (database) => database.createObjectStore('probe'));
  const transaction = probe.transaction('probe', 'readonly');
  const store = transaction.objectStore('probe')._rawObjectStore;
  requireInternal(typeof store === 'object', 'IDBObjectStore._rawObjectStore');
  hookStores(store);
  hookTransactions(transaction);
  probe.close();
}

/** Every put, add, delete, clear and cursor operation calls one of these three methods of the raw store. */
function hookStores(store: RawStore): void {
  const prototype = Object.getPrototypeOf(store) as RawStorePrototype;
  for (const method of ['storeRecord', 'deleteRecord', 'clear'] as const) {
    requireInternal(typeof prototype[method] === 'function', `ObjectStore.${method}`);
  }
  for (const method of ['get', 'put', 'values', 'size'] as const) {
    requireInternal(typeof store.records?.[method] === 'function', `RecordStore.${method}`);
  }
  const { storeRecord, deleteRecord, clear } = prototype;
  prototype.storeRecord = function (record, noOverwrite, log) {
    const key = storeRecord.call(this, record, noOverwrite, log);
    if (log) touch(log, this, [{ key }]);
    return key;
  };
  prototype.deleteRecord = function (keyOrRange, log) {
    if (log)
      touch(log, this, isKeyRange(keyOrRange) ? this.records.values(keyOrRange) : [{ key: keyOrRange as IdbKey }]);
    deleteRecord.call(this, keyOrRange, log);
  };
  prototype.clear = function (log) {
    if (log) touch(log, this, this.records.values());
    clear.call(this, log);
  };
}

function touch(log: RollbackLog, store: RawStore, records: Iterable<Pick<RawRecord, 'key'>>): void {
  const stores = touchedKeys.get(log) ?? new Map<RawStore, Map<string, IdbKey>>();
  const keys = stores.get(store) ?? new Map<string, IdbKey>();
  for (const { key } of records) keys.set(encodeKey(key), key);
  touchedKeys.set(log, stores.set(store, keys));
}

function hookTransactions(example: IdbTransaction): void {
  requireInternal(Array.isArray(example._rollbackLog), 'IDBTransaction._rollbackLog');
  requireInternal(typeof transactionPrototype._abort === 'function', 'IDBTransaction._abort');
  requireInternal(typeof transactionPrototype.dispatchEvent === 'function', 'IDBTransaction.dispatchEvent');
  requireInternal(example.db?._rawDatabase?.rawObjectStores instanceof Map, 'Database.rawObjectStores');

  const { dispatchEvent } = transactionPrototype;
  transactionPrototype.dispatchEvent = function (this: IdbTransaction, event) {
    const commit = commits.get(this.db._rawDatabase);
    if (event.type === 'complete' && commit) {
      try {
        commitTransaction(this, commit);
      } catch {
        this._abort('UnknownError'); // rolls memory back
        return true;
      }
    }
    return dispatchEvent.call(this, event);
  };
}

function commitTransaction(transaction: IdbTransaction, commit: Commit): void {
  const database = transaction.db._rawDatabase;
  if (transaction.mode === 'versionchange') {
    // Stores may have been renamed or recreated, so the whole database is written.
    commit({ database: database.name, schema: describeSchema(database), records: allRecords(database) });
    return;
  }
  const records = changedRecords(transaction);
  if (records.length > 0) commit({ database: database.name, records });
}

function changedRecords(transaction: IdbTransaction): RecordChange[] {
  const stores = touchedKeys.get(transaction._rollbackLog) ?? [];
  return [...stores].flatMap(([store, keys]) =>
    [...keys.values()].map((key) => ({ store: store.name, key, record: store.records.get(key) })),
  );
}

function allRecords(database: RawDatabase): RecordChange[] {
  return [...database.rawObjectStores.values()].flatMap((store) =>
    [...store.records.values()].map((record) => ({ store: store.name, key: record.key, record })),
  );
}
