import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { database, type Fixture, idb, makeFixture, withStore, write } from '../../test/key-store-fixture.ts';
import { transactionPrototype } from './fake-indexeddb.ts';
import { openKeyStore } from './key-store.ts';

let fixture: Fixture;

beforeEach(() => {
  fixture = makeFixture();
});

afterEach(() => {
  vi.restoreAllMocks();
  fixture.remove();
});

test('a store that generates keys is refused', async () => {
  const failures: Error[] = [];
  await fixture.open({ onCommitFailed: (error) => failures.push(error) });
  await expect(database((empty) => empty.createObjectStore('s', { autoIncrement: true }))).rejects.toThrow();
  expect(failures).toMatchObject([
    {
      reason: 'unsupported',
      message:
        'The object store "s" generates its keys (autoIncrement), which the key store does not support. ' +
        'Keep that database in memory.',
    },
  ]);
});

test('deleting a database is refused', async () => {
  await fixture.open();
  expect(() => idb().deleteDatabase('test')).toThrow(
    'Cannot delete the database "test": device keys are not deleted while the program runs. ' +
      'Stop the program and move the key store file away.',
  );
});

test('a second key store in this process is refused', async () => {
  await fixture.open();
  await expect(openKeyStore({ path: join(fixture.directory, 'other.sqlite') })).rejects.toMatchObject({
    reason: 'unsupported',
    message: 'This process already has an IndexedDB. Close the other key store first.',
  });
});

test('a second process is refused at once', async () => {
  await fixture.open();
  const child = spawnSync(
    process.execPath,
    [
      '-e',
      `import(process.argv[1]).then(({ openKeyStore }) => openKeyStore({ path: process.argv[2] }))
      .catch((error) => console.log(error.reason + ': ' + error.message))`,
      new URL('./key-store.ts', import.meta.url).href,
      fixture.path,
    ],
    { encoding: 'utf8' },
  );
  expect(child.stdout.trim()).toBe(
    `locked: Another process has opened the key store ${fixture.path}. Only one process can use a Matrix device. ` +
      'Stop the other process, or use another --storage.path and device. Restarting does not help.',
  );
});

test('a file that a newer version wrote is refused, and stays as it is', async () => {
  await fixture.open();
  fixture.close();
  const file = new DatabaseSync(fixture.path);
  file.exec('PRAGMA user_version = 7');
  file.close();
  await expect(fixture.open()).rejects.toMatchObject({
    reason: 'newer_schema',
    message:
      `The key store ${fixture.path} has schema version 7, but this program supports versions up to 1. ` +
      'Run the version of the program that wrote it, or a newer one.',
  });
});

test('another SQLite database is refused', async () => {
  await fixture.open();
  fixture.close();
  rmSync(fixture.path);
  const file = new DatabaseSync(fixture.path);
  file.exec('CREATE TABLE outbox (id)');
  file.close();
  await expect(fixture.open()).rejects.toMatchObject({
    reason: 'unsupported',
    message: `${fixture.path} is a SQLite database, but not a key store. Use another --storage.path.`,
  });
});

test('a file that is no database is refused', async () => {
  await fixture.open();
  fixture.close();
  writeFileSync(fixture.path, 'no database, but long enough to be taken for the header of one'.repeat(9));
  await expect(fixture.open()).rejects.toMatchObject({
    reason: 'io',
    message:
      `Cannot open the key store ${fixture.path}: file is not a database. Check the path, its owner and the disk. ` +
      'If the file is damaged, log in as a new device. Do not restore an old copy.',
  });
});

test('a file with a damaged record is refused', async () => {
  await fixture.open();
  await write(await database(withStore), (s) => s.put('value', 'key'));
  fixture.close();
  const file = new DatabaseSync(fixture.path);
  file.exec("UPDATE idb_record SET value = x'00'");
  file.close();
  await expect(fixture.open()).rejects.toMatchObject({
    reason: 'io',
    message:
      `Cannot open the key store ${fixture.path}: Unable to deserialize cloned data due to invalid or unsupported ` +
      'version. Check the path, its owner and the disk. ' +
      'If the file is damaged, log in as a new device. Do not restore an old copy.',
  });
});

test('the self-test refuses an implementation that completes before the commit', async () => {
  await fixture.open();
  fixture.close();
  const durable = transactionPrototype.dispatchEvent;
  const plain = Object.getPrototypeOf(transactionPrototype).dispatchEvent;
  vi.spyOn(transactionPrototype, 'dispatchEvent').mockImplementation(function (
    this: typeof transactionPrototype,
    event,
  ) {
    if (event.type === 'complete' && this.mode === 'readwrite') plain.call(this, event);
    return durable.call(this, event);
  });
  await expect(fixture.open()).rejects.toMatchObject({
    reason: 'self_test_failed',
    message:
      'The self-test of the key store failed: complete came before the record was on disk. Nothing was sent. ' +
      'Install the exact versions of package-lock.json with npm ci.',
  });
});

test('the self-test refuses an implementation that does not roll back', async () => {
  await fixture.open();
  fixture.close();
  const abort = transactionPrototype._abort;
  vi.spyOn(transactionPrototype, '_abort').mockImplementation(function (this: typeof transactionPrototype, name) {
    this._rollbackLog.length = 0;
    abort.call(this, name);
  });
  await expect(fixture.open()).rejects.toMatchObject({
    reason: 'self_test_failed',
    message:
      'The self-test of the key store failed: memory kept a record whose commit had failed. Nothing was sent. ' +
      'Install the exact versions of package-lock.json with npm ci.',
  });
});
