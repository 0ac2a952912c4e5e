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
        'The object store "s" generates its keys (autoIncrement), and the key store doesn\'t keep such counters. ' +
        'Keep that database in memory.',
    },
  ]);
});

test('deleting a database is refused', async () => {
  await fixture.open();
  expect(() => idb().deleteDatabase('test')).toThrow(
    'The database "test" can\'t be deleted: device keys are never thrown away while the program runs. ' +
      'Stop it and move the key store file away instead.',
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
    `locked: Another process has the key store ${fixture.path} open. ` +
      'One Matrix device belongs to one process: stop the other one first.',
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
      `The key store ${fixture.path} has schema version 7, and this program knows versions up to 1. ` +
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
    message: `${fixture.path} is a SQLite database, but not a key store. Name another path, one that nothing else uses.`,
  });
});

test('a file that is no database is refused', async () => {
  await fixture.open();
  fixture.close();
  writeFileSync(fixture.path, 'no database, but long enough to be taken for the header of one'.repeat(9));
  await expect(fixture.open()).rejects.toMatchObject({
    reason: 'io',
    message:
      `The key store ${fixture.path} can't be opened: file is not a database. Check the path, its owner and the disk; ` +
      'if the file is damaged, set up a new device instead of restoring an old copy.',
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
      `The key store ${fixture.path} can't be opened: Unable to deserialize cloned data due to invalid or unsupported ` +
      'version. Check the path, its owner and the disk; ' +
      'if the file is damaged, set up a new device instead of restoring an old copy.',
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
      "The key store's self-test failed: complete came before the record was on disk. Nothing was sent. " +
      'Install exactly the versions of package-lock.json (npm ci).',
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
      "The key store's self-test failed: memory kept a record whose commit had failed. Nothing was sent. " +
      'Install exactly the versions of package-lock.json (npm ci).',
  });
});
