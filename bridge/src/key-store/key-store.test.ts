import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type IdbDatabase, type IdbFactory, type IdbObjectStore, transactionPrototype } from './internals.ts';
import { type KeyStore, type KeyStoreOptions, openKeyStore } from './key-store.ts';
import { openDatabase } from './open-database.ts';

type Request = { readonly result: unknown; readonly error: Error | null; addEventListener: AddListener };
type AddListener = (type: string, listener: () => void) => void;
/** The part of IDBObjectStore that only these tests use. */
type Store = IdbObjectStore & {
  delete(key: unknown): Request;
  clear(): Request;
  getAll(): Request;
  getAllKeys(): Request;
  index(name: string): { getAll(key: unknown): Request; openCursor(range: null, direction: string): Request };
  openCursor(): Request & { readonly result: null | { value: object; update(value: unknown): void; continue(): void } };
};
type Upgrade = Parameters<typeof openDatabase>[3];

let directory: string;
let path: string;
let store: KeyStore | undefined;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'key-store-')), 'data');
  path = join(directory, 'keys.sqlite');
});

afterEach(() => {
  vi.restoreAllMocks();
  store?.close();
  store = undefined;
  rmSync(join(directory, '..'), { recursive: true });
});

async function open(options: Omit<KeyStoreOptions, 'path'> = {}): Promise<KeyStore> {
  store = await openKeyStore({ path, ...options });
  return store;
}

function reopen(): Promise<KeyStore> {
  store?.close();
  return open();
}

/** What the file holds, seen by a process of its own: within one process a second connection would drop the lock. */
function onDisk(): unknown[] {
  const query = `
    const { DatabaseSync } = require('node:sqlite');
    const rows = new DatabaseSync(process.argv[1]).prepare('SELECT store, key FROM idb_record ORDER BY 1, 2').all();
    console.log(JSON.stringify(rows.map((row) => row.store + ' ' + row.key)))`;
  return JSON.parse(spawnSync(process.execPath, ['-e', query, path], { encoding: 'utf8' }).stdout);
}

function database(upgrade: Upgrade, version = 1): Promise<IdbDatabase> {
  return openDatabase((globalThis as unknown as { indexedDB: IdbFactory }).indexedDB, 'test', version, upgrade);
}

const withStore: Upgrade = (empty) => void empty.createObjectStore('s');
const noUpgrade: Upgrade = () => expect.fail('the schema was not restored');

function write(db: IdbDatabase, work: (store: Store) => void): Promise<'complete' | 'abort'> {
  const transaction = db.transaction('s', 'readwrite');
  work(transaction.objectStore('s') as Store);
  return new Promise((resolve) => {
    transaction.addEventListener('complete', () => resolve('complete'));
    transaction.addEventListener('abort', () => resolve('abort'));
  });
}

function read<T = unknown>(db: IdbDatabase, ask: (store: Store) => Request): Promise<T> {
  const request = ask(db.transaction('s', 'readonly').objectStore('s') as Store);
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result as T));
    request.addEventListener('error', () => reject(request.error));
  });
}

test('a transaction completes only after its commit', async () => {
  const order: string[] = [];
  await open({ fault: (point) => order.push(point) });
  const db = await database(withStore);
  order.length = 0;
  await write(db, (s) => s.put('value', 'key'));
  order.push('complete');
  expect(order).toEqual(['before', 'uncommitted', 'committed', 'complete']);
});

test('a database is open only after its schema is committed', async () => {
  const order: string[] = [];
  await open({ fault: (point, commit) => order.push(`${point} ${commit}`) });
  await database(withStore);
  order.push('open');
  expect(order).toEqual(['before 1', 'uncommitted 1', 'committed 1', 'open']);
});

test('commits are timed, reading transactions and those without a change make none', async () => {
  const durations: number[] = [];
  await open({ onCommit: (durationMs) => durations.push(durationMs) });
  const db = await database(withStore);
  await write(db, (s) => s.put('value', 'key'));
  expect(durations).toEqual([expect.any(Number), expect.any(Number)]);
  await read(db, (s) => s.get('key'));
  await write(db, (s) => s.get('key'));
  expect(durations).toHaveLength(2);
});

test('a failed commit aborts, and memory is what the disk is', async () => {
  const failures: string[] = [];
  const prepared = new Set<DatabaseSync>();
  const { exec } = DatabaseSync.prototype;
  vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    prepared.add(this);
    exec.call(this, sql);
  });
  await open({ onCommitFailed: (error) => failures.push(error.message) });
  const queryOnly = (mode: 'ON' | 'OFF') => {
    for (const connection of prepared) exec.call(connection, `PRAGMA query_only = ${mode}`);
  };
  const db = await database((empty) => void empty.createObjectStore('s').createIndex('by-v', 'v'));
  await write(db, (s) => {
    s.put({ v: 1 }, 'kept');
    s.put({ v: 1 }, 'changed');
  });

  queryOnly('ON');
  const changes = (s: Store) => {
    s.put({ v: 2 }, 'new');
    s.put({ v: 2 }, 'changed');
    s.delete('kept');
  };
  expect(await write(db, changes)).toBe('abort');
  expect(await write(db, (s) => s.clear())).toBe('abort');
  expect(failures).toEqual(['attempt to write a readonly database']);

  const inMemory = async (open: IdbDatabase) => [
    await read(open, (s) => s.getAllKeys()),
    await read(open, (s) => s.getAll()),
    await read(open, (s) => s.index('by-v').getAll(1)),
    await read(open, (s) => s.index('by-v').getAll(2)),
  ];
  const before = [['changed', 'kept'], [{ v: 1 }, { v: 1 }], [{ v: 1 }, { v: 1 }], []];
  expect(await inMemory(db)).toEqual(before);
  await reopen();
  expect(await inMemory(await database(noUpgrade))).toEqual(before);
});

test('an upgrade whose commit fails leaves the schema as it was', async () => {
  let broken = false;
  await open({
    fault: () => {
      if (broken) throw new Error('disk full');
    },
  });
  (await database(withStore)).close();
  broken = true;
  await expect(database((db) => void db.createObjectStore('more'), 2)).rejects.toThrow();
  const { indexedDB } = globalThis as unknown as { indexedDB: { databases(): Promise<unknown> } };
  expect(await indexedDB.databases()).toEqual([{ name: 'test', version: 1 }]);
  expect([...(await database(noUpgrade))._rawDatabase.rawObjectStores.keys()]).toEqual(['s']);
});

test('after commits work again, the next failure is reported again', async () => {
  const failures: string[] = [];
  let broken = false;
  await open({
    onCommitFailed: (error) => failures.push(error.message),
    fault: () => {
      if (broken) throw new Error('disk full');
    },
  });
  const db = await database(withStore);
  for (broken of [true, true, false, true]) await write(db, (s) => s.put(1, 'key'));
  expect(failures).toEqual(['disk full', 'disk full']);
});

test('everything is there after reopening: values, deletes, clears, cursors, indexes, binary keys', async () => {
  expect((await open()).isNew).toBe(true);
  const db = await database((empty) => {
    const s = empty.createObjectStore('s') as Store;
    s.createIndex('tags', 'tags', { multiEntry: true });
    empty.createObjectStore('path', { keyPath: ['a', 'b'] }).put({ a: 1, b: 'x' });
    (empty.createObjectStore('cleared') as Store).put('gone', 'gone');
  });
  const bytes = new Uint8Array([0, 1, 255]);
  await write(db, (s) => {
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) s.put({ tags: [key, 'all'], i }, key);
    s.put({ bytes, when: new Date(7), map: new Map([[1, 2n]]) }, bytes);
  });
  await write(db, (s) => s.delete('a'));
  await write(db, (s) => {
    const request = s.openCursor();
    request.addEventListener('success', () => {
      const cursor = request.result;
      if (!cursor || !('i' in cursor.value)) return;
      cursor.update({ ...cursor.value, seen: true });
      cursor.continue();
    });
  });
  const clearing = db.transaction('cleared', 'readwrite');
  (clearing.objectStore('cleared') as Store).clear();
  await new Promise<void>((resolve) => clearing.addEventListener('complete', resolve));

  const reopened = await reopen();
  expect(reopened.isNew).toBe(false);
  expect(reopened.records).toBe(5);
  const again = await database(noUpgrade);
  expect(await read(again, (s) => s.getAllKeys())).toEqual(['b', 'c', 'd', bytes.buffer]);
  expect(await read(again, (s) => s.get('c'))).toEqual({ tags: ['c', 'all'], i: 2, seen: true });
  expect(await read(again, (s) => s.get(bytes))).toEqual({ bytes, when: new Date(7), map: new Map([[1, 2n]]) });
  expect(await read<unknown[]>(again, (s) => s.index('tags').getAll('all'))).toHaveLength(3);
  await write(again, (s) => s.put({ tags: ['e', 'all'] }, 'e'));
  expect(await read<unknown[]>(again, (s) => s.index('tags').getAll('all'))).toHaveLength(4);
});

test('an upgrade that renames, empties and replaces stores is kept', async () => {
  await open();
  const first = await database((empty) => {
    for (const name of ['s', 'old name', 'dropped']) empty.createObjectStore(name).put(`in ${name}`, 'key');
  });
  first.close();
  const second = await database((db) => {
    const upgrading = db as IdbDatabase & { deleteObjectStore(name: string): void };
    upgrading.deleteObjectStore('s');
    upgrading.createObjectStore('s').put('fresh', 'other');
    upgrading.deleteObjectStore('dropped');
  }, 2);
  second.close();
  store?.close();
  store = undefined;
  expect(onDisk()).toEqual(['old name "key"', 's "other"']);
  await open();
  expect(await read(await database(noUpgrade, 2), (s) => s.getAllKeys())).toEqual(['other']);
});

test('a store that generates keys is refused', async () => {
  const failures: Error[] = [];
  await open({ onCommitFailed: (error) => failures.push(error) });
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
  await open();
  const { indexedDB } = globalThis as unknown as { indexedDB: IdbFactory };
  expect(() => indexedDB.deleteDatabase('test')).toThrow(
    'The database "test" can\'t be deleted: device keys are never thrown away while the program runs. ' +
      'Stop it and move the key store file away instead.',
  );
});

test('meta values are kept, and overwritten', async () => {
  const first = await open();
  expect(first.getMeta('epoch')).toBeUndefined();
  first.setMeta('epoch', '1');
  first.setMeta('epoch', '2');
  expect((await reopen()).getMeta('epoch')).toBe('2');
});

test('the file and what SQLite puts beside it are for the owner only', async () => {
  await open();
  await database(withStore);
  const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);
  expect([mode(directory), mode(path), mode(`${path}-wal`)]).toEqual(['700', '600', '600']);
});

test('closing takes IndexedDB away, and an open transaction does not complete', async () => {
  const opened = await open();
  const db = await database(withStore);
  const outcome = write(db, (s) => s.put('value', 'key'));
  opened.close();
  store = undefined;
  expect(await outcome).toBe('abort');
  expect('indexedDB' in globalThis).toBe(false);
  expect('IDBKeyRange' in globalThis).toBe(false);
});

test('a second key store in this process is refused', async () => {
  await open();
  await expect(openKeyStore({ path: join(directory, 'other.sqlite') })).rejects.toMatchObject({
    reason: 'unsupported',
    message: 'This process already has an IndexedDB. Close the other key store first.',
  });
});

test('a second process is refused at once', async () => {
  await open();
  const child = spawnSync(
    process.execPath,
    [
      '-e',
      `import(process.argv[1]).then(({ openKeyStore }) => openKeyStore({ path: process.argv[2] }))
      .catch((error) => console.log(error.reason + ': ' + error.message))`,
      new URL('./key-store.ts', import.meta.url).href,
      path,
    ],
    { encoding: 'utf8' },
  );
  expect(child.stdout.trim()).toBe(
    `locked: Another process has the key store ${path} open. ` +
      'One Matrix device belongs to one process: stop the other one first.',
  );
});

test('a file that a newer version wrote is refused, and stays as it is', async () => {
  (await open()).close();
  store = undefined;
  const file = new DatabaseSync(path);
  file.exec('PRAGMA user_version = 7');
  file.close();
  await expect(open()).rejects.toMatchObject({
    reason: 'newer_schema',
    message:
      `The key store ${path} has schema version 7, and this program knows versions up to 1. ` +
      'Run the version of the program that wrote it, or a newer one.',
  });
});

test('another SQLite database is refused', async () => {
  (await open()).close();
  store = undefined;
  rmSync(path);
  const file = new DatabaseSync(path);
  file.exec('CREATE TABLE outbox (id)');
  file.close();
  await expect(open()).rejects.toMatchObject({
    reason: 'unsupported',
    message: `${path} is a SQLite database, but not a key store. Name another path, one that nothing else uses.`,
  });
});

test('a file that is no database is refused', async () => {
  (await open()).close();
  store = undefined;
  writeFileSync(path, 'no database, but long enough to be taken for the header of one'.repeat(9));
  await expect(open()).rejects.toMatchObject({
    reason: 'io',
    message:
      `The key store ${path} can't be opened: file is not a database. Check the path, its owner and the disk; ` +
      'if the file is damaged, set up a new device instead of restoring an old copy.',
  });
});

test('the self-test refuses an implementation that completes before the commit', async () => {
  (await open()).close();
  store = undefined;
  const durable = transactionPrototype.dispatchEvent;
  const plain = Object.getPrototypeOf(transactionPrototype).dispatchEvent;
  vi.spyOn(transactionPrototype, 'dispatchEvent').mockImplementation(function (
    this: typeof transactionPrototype,
    event,
  ) {
    if (event.type === 'complete' && this.mode === 'readwrite') plain.call(this, event);
    return durable.call(this, event);
  });
  await expect(open()).rejects.toMatchObject({
    reason: 'self_test_failed',
    message:
      "The key store's self-test failed: complete came before the record was on disk. Nothing was sent. " +
      'Install exactly the versions of package-lock.json (npm ci).',
  });
});

test('the self-test refuses an implementation that does not roll back', async () => {
  (await open()).close();
  store = undefined;
  const abort = transactionPrototype._abort;
  vi.spyOn(transactionPrototype, '_abort').mockImplementation(function (this: typeof transactionPrototype, name) {
    this._rollbackLog.length = 0;
    abort.call(this, name);
  });
  await expect(open()).rejects.toMatchObject({
    reason: 'self_test_failed',
    message:
      "The key store's self-test failed: memory kept a record whose commit had failed. Nothing was sent. " +
      'Install exactly the versions of package-lock.json (npm ci).',
  });
});
