import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { IDBKeyRange } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  database,
  type Fixture,
  idb,
  makeFixture,
  noUpgrade,
  read,
  type Store,
  withStore,
  write,
} from '../../test/key-store-fixture.ts';
import type { IdbDatabase } from './fake-indexeddb.ts';

let fixture: Fixture;

beforeEach(() => {
  fixture = makeFixture();
});

afterEach(() => {
  vi.restoreAllMocks();
  fixture.remove();
});

test('a transaction completes only after its commit', async () => {
  const order: string[] = [];
  await fixture.open({ fault: (point) => order.push(point) });
  const db = await database(withStore);
  order.length = 0;
  await write(db, (s) => s.put('value', 'key'));
  order.push('complete');
  expect(order).toEqual(['before', 'uncommitted', 'committed', 'complete']);
});

test('a database is open only after its schema is committed', async () => {
  const order: string[] = [];
  await fixture.open({ fault: (point, commit) => order.push(`${point} ${commit}`) });
  await database(withStore);
  order.push('open');
  expect(order).toEqual(['before 1', 'uncommitted 1', 'committed 1', 'open']);
});

test('commits are timed, reading transactions and those without a change make none', async () => {
  const durations: number[] = [];
  await fixture.open({ onCommit: (durationMs) => durations.push(durationMs) });
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
  await fixture.open({ onCommitFailed: (error) => failures.push(error.message) });
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
  await fixture.open();
  expect(await inMemory(await database(noUpgrade))).toEqual(before);
});

test('an upgrade whose commit fails leaves the schema as it was', async () => {
  let broken = false;
  await fixture.open({
    fault: () => {
      if (broken) throw new Error('disk full');
    },
  });
  (await database(withStore)).close();
  broken = true;
  await expect(database((db) => void db.createObjectStore('more'), 2)).rejects.toThrow();
  expect(await idb().databases()).toEqual([{ name: 'test', version: 1 }]);
  expect([...(await database(noUpgrade))._rawDatabase.rawObjectStores.keys()]).toEqual(['s']);
});

test('after commits work again, the next failure is reported again', async () => {
  const failures: string[] = [];
  let broken = false;
  await fixture.open({
    onCommitFailed: (error) => failures.push(error.message),
    fault: (point) => {
      if (broken && point === 'uncommitted') throw new Error('disk full');
    },
  });
  const db = await database(withStore);
  const outcomes = [];
  for (broken of [true, true, false, true]) outcomes.push(await write(db, (s) => s.put(outcomes.length, 'key')));
  expect(outcomes).toEqual(['abort', 'abort', 'complete', 'abort']);
  expect(failures).toEqual(['disk full', 'disk full']);
  broken = false;
  await fixture.open();
  expect(await read(await database(noUpgrade), (s) => s.get('key'))).toBe(2);
});

test('everything is there after reopening: values, deletes, clears, cursors, indexes, binary keys', async () => {
  expect((await fixture.open()).isNew).toBe(true);
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

  const reopened = await fixture.open();
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

test('a database that was restored is written through like a new one', async () => {
  await fixture.open();
  await write(await database(withStore), (s) => s.put('first', 'key'));
  await fixture.open();
  await write(await database(noUpgrade), (s) => s.put('second', 'key'));
  await fixture.open();
  expect(await read(await database(noUpgrade), (s) => s.get('key'))).toBe('second');
});

test('deleting a range of keys deletes them on disk', async () => {
  await fixture.open();
  const db = await database(withStore);
  await write(db, (s) => {
    for (const key of [1, 2, 3, 4]) s.put('value', key);
  });
  await write(db, (s) => s.delete(IDBKeyRange.bound(2, 3)));
  fixture.close();
  expect(fixture.recordsOnDisk()).toEqual(['s 1', 's 4']);
});

test('an upgrade that renames, empties and replaces stores is kept', async () => {
  await fixture.open();
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
  fixture.close();
  expect(fixture.recordsOnDisk()).toEqual(['old name "key"', 's "other"']);
  await fixture.open();
  expect(await read(await database(noUpgrade, 2), (s) => s.getAllKeys())).toEqual(['other']);
});

test('meta values are kept, and overwritten', async () => {
  const first = await fixture.open();
  expect(first.getMeta('epoch')).toBeUndefined();
  first.setMeta('epoch', '1');
  first.setMeta('epoch', '2');
  expect((await fixture.open()).getMeta('epoch')).toBe('2');
});

test('the file and what SQLite puts beside it are for the owner only', async () => {
  await fixture.open();
  await database(withStore);
  expect([mode(fixture.directory), mode(fixture.path), mode(`${fixture.path}-wal`)]).toEqual(['700', '600', '600']);
});

test('a file and a directory that others could read are closed to them', async () => {
  mkdirSync(fixture.directory);
  writeFileSync(fixture.path, '');
  chmodSync(fixture.directory, 0o755);
  chmodSync(fixture.path, 0o644);
  await fixture.open();
  expect([mode(fixture.directory), mode(fixture.path)]).toEqual(['700', '600']);
});

test('closing takes IndexedDB away, and an open transaction does not complete', async () => {
  await fixture.open();
  const db = await database(withStore);
  const outcome = write(db, (s) => s.put('value', 'key'));
  fixture.close();
  expect(await outcome).toBe('abort');
  expect('indexedDB' in globalThis).toBe(false);
  expect('IDBKeyRange' in globalThis).toBe(false);
});

function mode(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}
