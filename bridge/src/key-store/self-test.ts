import { isDeepStrictEqual } from 'node:util';
import { commitThrough } from './commit-hooks.ts';
import { makeDurable } from './durable-factory.ts';
import { type IdbDatabase, type IdbTransaction, newFactory } from './fake-indexeddb.ts';
import { KeyStoreError } from './key-store-error.ts';
import { openDatabase } from './open-database.ts';
import type { Journal } from './record-file.ts';

const DATABASE = 'key-store-self-test';
const STORE = 'records';
const STORED = { bytes: new Uint8Array([1, 2, 3]) };

/**
 * Proves, with a database of its own, that what this process runs keeps the promise of the key store: `complete` comes
 * after the commit, and a failed commit is an `abort` that leaves memory as it was. Without the first, a message key
 * could be used twice after a crash, so the store refuses to open.
 */
export async function selfTest(journal: Journal): Promise<void> {
  journal.forget(DATABASE); // a process that was killed in here leaves it behind
  const factory = makeDurable(newFactory(), (change) => journal.commit(change));
  const database = await openDatabase(factory, DATABASE, 1, (empty) => empty.createObjectStore(STORE));
  try {
    expect(
      journal.databases().some(({ name }) => name === DATABASE),
      'a database was open before its schema was on disk',
    );
    await checkCommitBeforeComplete(database, journal);
    await checkAbortOnFailedCommit(database);
  } finally {
    database.close();
    journal.forget(DATABASE);
  }
}

async function checkCommitBeforeComplete(database: IdbDatabase, journal: Journal): Promise<void> {
  const onDisk = () => [...journal.records(DATABASE, STORE)];
  const { outcome, atOutcome } = await end(put(database, STORED), onDisk);
  expect(outcome === 'complete', 'a transaction that should have completed was aborted');
  expect(isDeepStrictEqual(atOutcome, [{ key: 'key', value: STORED }]), 'complete came before the record was on disk');
}

async function checkAbortOnFailedCommit(database: IdbDatabase): Promise<void> {
  commitThrough(database._rawDatabase, () => {
    throw new Error('a commit that fails, for the self-test');
  });
  const { outcome } = await end(put(database, 'never stored'), () => {});
  expect(outcome === 'abort', 'a transaction completed although its commit had failed');
  const reading = database.transaction(STORE, 'readonly');
  const request = reading.objectStore(STORE).get('key');
  await end(reading, () => {});
  expect(isDeepStrictEqual(request.result, STORED), 'memory kept a record whose commit had failed');
}

function put(database: IdbDatabase, value: unknown): IdbTransaction {
  const transaction = database.transaction(STORE, 'readwrite');
  transaction.objectStore(STORE).put(value, 'key');
  return transaction;
}

function end<T>(transaction: IdbTransaction, look: () => T): Promise<{ outcome: 'complete' | 'abort'; atOutcome: T }> {
  const { promise, resolve } = Promise.withResolvers<{ outcome: 'complete' | 'abort'; atOutcome: T }>();
  for (const outcome of ['complete', 'abort'] as const) {
    transaction.addEventListener(outcome, () => resolve({ outcome, atOutcome: look() }));
  }
  return promise;
}

function expect(holds: boolean, otherwise: string): void {
  if (holds) return;
  throw new KeyStoreError(
    'self_test_failed',
    `The key store's self-test failed: ${otherwise}. Nothing was sent. ` +
      'Install exactly the versions of package-lock.json (npm ci).',
  );
}
