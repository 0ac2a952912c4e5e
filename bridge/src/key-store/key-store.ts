import { installHooks } from './commit-hooks.ts';
import { restoreFactory } from './durable-factory.ts';
import { type IdbFactory, idbClasses } from './fake-indexeddb.ts';
import { asKeyStoreError, KeyStoreError } from './key-store-error.ts';
import { type Change, type CommitPoint, Journal } from './record-file.ts';
import { selfTest } from './self-test.ts';

export type KeyStoreOptions = {
  /** The SQLite file, on a local disk. Its directory is made private. */
  readonly path: string;
  /** After every commit, with its duration in milliseconds, which is time that the event loop stood still. */
  readonly onCommit?: (durationMs: number) => void;
  /** When commits begin to fail. What was to be stored is undone; nothing may be sent until commits work again. */
  readonly onCommitFailed?: (error: Error) => void;
  /** For tests: called at the moments of the n-th commit at which a crash would be interesting. */
  readonly fault?: (point: CommitPoint, commit: number) => void;
};

/** The IndexedDB of this process, on disk. */
export type KeyStore = {
  /** How many records it holds now, all of them in memory too. */
  readonly records: number;
  /** Whether it held nothing when it was opened. */
  readonly isNew: boolean;
  /** Small facts about the store. They are not encrypted: no secret belongs here. */
  getMeta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
  /** Takes IndexedDB away from this process and frees the file. A transaction that is still open will abort. */
  close(): void;
};

/**
 * Gives this process an IndexedDB that survives `kill -9`: no transaction completes before it is on disk. The crypto
 * library waits for that before it hands out a message, so no message key is ever used twice.
 * @throws {KeyStoreError} when the file can't be used safely
 */
export async function openKeyStore(options: KeyStoreOptions): Promise<KeyStore> {
  if ('indexedDB' in globalThis) {
    throw new KeyStoreError('unsupported', 'This process already has an IndexedDB. Close the other key store first.');
  }
  const journal = new Journal(options.path);
  try {
    await installHooks();
    await selfTest(journal);
    const factory = await restoreFactory(journal, observedCommit(journal, options));
    const isNew = countRecords(factory) === 0;
    const removeGlobals = installGlobals(factory);
    return {
      get records() {
        return countRecords(factory);
      },
      isNew,
      getMeta: (key) => journal.getMeta(key),
      setMeta: (key, value) => journal.setMeta(key, value),
      close() {
        removeGlobals();
        journal.close();
      },
    };
  } catch (error) {
    journal.close();
    throw asKeyStoreError(error, options.path);
  }
}

function observedCommit(journal: Journal, { onCommit, onCommitFailed, fault }: KeyStoreOptions) {
  let number = 0;
  let failing = false;
  return (change: Change): void => {
    const commit = ++number;
    const startedAt = performance.now();
    try {
      journal.commit(change, (point) => fault?.(point, commit));
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (!failing) queueMicrotask(() => onCommitFailed?.(error));
      failing = true;
      throw error;
    }
    failing = false;
    const durationMs = performance.now() - startedAt;
    // An observer that throws must not undo in memory what is already on disk.
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

/** Returns what takes them away again. */
function installGlobals(factory: IdbFactory): () => void {
  const globals: Record<string, unknown> = { indexedDB: factory, ...idbClasses };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return () => {
    for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
  };
}
