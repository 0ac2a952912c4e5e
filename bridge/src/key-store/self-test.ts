import { isDeepStrictEqual } from 'node:util';
import { commitThrough } from './commit-hooks.ts';
import { makeDurable } from './durable-factory.ts';
import { type IdbDatabase, type IdbTransaction, newFactory } from './fake-indexeddb.ts';
import { KeyStoreError } from './key-store-error.ts';
import { openDatabase } from './open-database.ts';
import type { RecordFile } from './record-file.ts';

const DATABASE = 'key-store-self-test';
const STORE = 'records';
const STORED = { bytes: new Uint8Array([1, 2, 3]) };

/**
 * Tests with a temporary database that `complete` comes after the commit, and that a failed commit aborts the transaction
 * and rolls memory back. Otherwise a crash could cause a message key to be used twice, so the store is not opened.
 */
export async function selfTest(recordFile: RecordFile): Promise<void> {
  recordFile.forget(DATABASE); // may be left over from a killed process
  const factory = makeDurable(newFactory(), (change) => recordFile.commit(change));
  const database = await openDatabase(factory, DATABASE, 1, (empty) => empty.createObjectStore(STORE));
  try {
    expect(
      recordFile.databases().some(({ name }) => name === DATABASE),
      'a database opened before its schema was on disk',
    );
    await checkCommitBeforeComplete(database, recordFile);
    await checkAbortOnFailedCommit(database);
  } finally {
    database.close();
    recordFile.forget(DATABASE);
  }
}

async function checkCommitBeforeComplete(database: IdbDatabase, recordFile: RecordFile): Promise<void> {
  const onDisk = () => [...recordFile.records(DATABASE, STORE)];
  const { outcome, atOutcome } = await end(put(database, STORED), onDisk);
  expect(outcome === 'complete', 'a transaction was aborted unexpectedly');
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
    `The self-test of the key store failed: ${otherwise}. Nothing was sent. ` +
      'Install the exact versions of package-lock.json with npm ci.',
  );
}
