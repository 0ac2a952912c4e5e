import { installHooks } from './commit-hooks.ts';
import { restoreFactory } from './durable-factory.ts';
import { type IdbFactory, idbClasses } from './fake-indexeddb.ts';
import { asKeyStoreError, KeyStoreError } from './key-store-error.ts';
import { type Change, type CommitPoint, RecordFile } from './record-file.ts';
import { selfTest } from './self-test.ts';

export type KeyStoreOptions = {
  /** SQLite file on a local disk. Its directory is made private. */
  readonly path: string;
  /** Called after every commit with its duration in milliseconds. The event loop is blocked during this time. */
  readonly onCommit?: (durationMs: number) => void;
  /** Called when commits start to fail. The changes are rolled back. Nothing may be sent until commits work again. */
  readonly onCommitFailed?: (error: Error) => void;
  /** For tests: called at the points of a commit where a crash matters. */
  readonly fault?: (point: CommitPoint, commit: number) => void;
};

/** The durable IndexedDB of this process. */
export type KeyStore = {
  /** Number of records. All of them are also in memory. */
  readonly records: number;
  /** True if it was empty when it was opened. */
  readonly isNew: boolean;
  /** Metadata. It is not encrypted, so it must not contain secrets. */
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
  /** Removes IndexedDB from this process and closes the file. Open transactions abort. */
  close(): void;
};

/**
 * Installs an IndexedDB that survives `kill -9`: no transaction completes before it is on disk. The crypto library waits
 * for the transaction before it returns an encrypted message, so no message key is used twice.
 * @throws {KeyStoreError} if the file cannot be used safely
 */
export async function openKeyStore(options: KeyStoreOptions): Promise<KeyStore> {
  if ('indexedDB' in globalThis) {
    throw new KeyStoreError('unsupported', 'This process already has an IndexedDB. Close the other key store first.');
  }
  const recordFile = new RecordFile(options.path);
  try {
    await installHooks();
    await selfTest(recordFile);
    const factory = await restoreFactory(recordFile, observedCommit(recordFile, options));
    const isNew = countRecords(factory) === 0;
    const removeGlobals = installGlobals(factory);
    return {
      get records() {
        return countRecords(factory);
      },
      isNew,
      getMeta: (key) => recordFile.getMeta(key),
      setMeta: (key, value) => recordFile.setMeta(key, value),
      close() {
        removeGlobals();
        recordFile.close();
      },
    };
  } catch (error) {
    recordFile.close();
    throw asKeyStoreError(error, options.path);
  }
}

function observedCommit(recordFile: RecordFile, { onCommit, onCommitFailed, fault }: KeyStoreOptions) {
  let number = 0;
  let failing = false;
  return (change: Change): void => {
    const commit = ++number;
    const startedAt = performance.now();
    try {
      recordFile.commit(change, (point) => fault?.(point, commit));
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (!failing) queueMicrotask(() => onCommitFailed?.(error));
      failing = true;
      throw error;
    }
    failing = false;
    const durationMs = performance.now() - startedAt;
    // An exception in the callback must not roll back a committed change.
    queueMicrotask(() => onCommit?.(durationMs));
  };
}

function countRecords(factory: IdbFactory): number {
  let count = 0;
  for (const database of factory._databases.values()) {
    for (const store of database.rawObjectStores.values()) count += store.records.size();
  }
  return count;
}

/** @returns a function that removes the globals */
function installGlobals(factory: IdbFactory): () => void {
  const globals: Record<string, unknown> = { indexedDB: factory, ...idbClasses };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return () => {
    for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
  };
}
