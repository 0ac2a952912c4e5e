import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { inTransaction, openDatabase } from './database.ts';

const migrations = [
  'CREATE TABLE note (text TEXT NOT NULL) STRICT',
  'ALTER TABLE note ADD COLUMN author TEXT',
  "UPDATE note SET author = 'nobody'",
];

const APPLICATION_ID = 0x6e6f7465;

const newFile = () => join(mkdtempSync(join(tmpdir(), 'database-test-')), 'deep', 'er', 'notes.db');
const open = (path: string, known = migrations) =>
  openDatabase(path, { migrations: known, applicationId: APPLICATION_ID, synchronous: 'FULL' });
const versionOf = (database: DatabaseSync) => database.prepare('PRAGMA user_version').get()?.user_version;

test.each([1, 2, 3])('a file of schema version %d goes forward to the newest and keeps its rows', (version) => {
  const path = newFile();
  const before = open(path, migrations.slice(0, version));
  before.exec("INSERT INTO note (text) VALUES ('kept')");
  before.close();
  using database = open(path);
  expect(versionOf(database)).toBe(3);
  expect(database.prepare('SELECT * FROM note').all()).toEqual([
    { text: 'kept', author: version === 3 ? null : 'nobody' },
  ]);
});

test('a file of a newer schema is refused by the name of both versions, and not touched', () => {
  const path = newFile();
  open(path, [...migrations, 'CREATE TABLE later (x)']).close();
  expect(() => open(path)).toThrow(
    `${path} has schema version 4, but this program supports versions up to 3. A newer release wrote the file. Run that release, or move the file away.`,
  );
  using database = new DatabaseSync(path);
  expect(versionOf(database)).toBe(4);
});

test('a migration that fails leaves the file at the version before it', () => {
  const path = newFile();
  open(path, migrations.slice(0, 1)).close();
  const failing = [...migrations.slice(0, 1), 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)'];
  expect(() => open(path, failing)).toThrow('no such table: nowhere');
  using database = new DatabaseSync(path);
  expect(versionOf(database)).toBe(1);
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").all()).toEqual([]);
});

test('a file that is no database is refused by name', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'database-test-')), 'notes.db');
  writeFileSync(
    path,
    'this is a text, and a rather long one at that, so that it can not be an empty database\n'.repeat(9),
  );
  expect(() => open(path)).toThrow(
    `${path} is not an SQLite database, or it is damaged. Move it away, or restore it from a backup.`,
  );
});

test('the file, its companions and their directories are for the owner only, whatever the umask', () => {
  const path = newFile();
  const umask = process.umask(0);
  try {
    using database = open(path);
    database.exec("INSERT INTO note (text) VALUES ('x')");
    const modes = ['', '-wal', '-shm'].map((suffix) => statSync(path + suffix).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, '../..')).mode & 0o777).toBe(0o700);
  } finally {
    process.umask(umask);
  }
});

test('a file that others could read is closed to them when it is opened', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'database-test-')), 'notes.db');
  open(path).close();
  chmodSync(path, 0o644);
  open(path).close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test.each([
  ['FULL', 2],
  ['NORMAL', 1],
] as const)('synchronous %s is what the file is written with, in WAL mode', (synchronous, value) => {
  using database = openDatabase(newFile(), { migrations, applicationId: APPLICATION_ID, synchronous });
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: value });
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
});

test('a transaction whose body fails leaves nothing, and the next one works', () => {
  using database = open(':memory:');
  const insert = database.prepare('INSERT INTO note (text) VALUES (?)');
  const failing = () =>
    inTransaction(database, () => {
      insert.run('lost');
      throw new Error('changed my mind');
    });
  expect(failing).toThrow('changed my mind');
  expect(inTransaction(database, () => insert.run('kept').changes)).toBe(1);
  expect(database.prepare('SELECT text FROM note').all()).toEqual([{ text: 'kept' }]);
});

test('a transaction is seen by another connection only when it is complete', () => {
  const path = newFile();
  using writer = open(path);
  using reader = open(path);
  const count = () => reader.prepare('SELECT count(*) AS n FROM note').get()?.n;
  inTransaction(writer, () => {
    writer.exec("INSERT INTO note (text) VALUES ('x')");
    expect(count()).toBe(0);
  });
  expect(count()).toBe(1);
});

test('opening a file that this process has open already leaves its locks in place', () => {
  const path = newFile();
  using first = open(path);
  first.exec('BEGIN IMMEDIATE');
  open(path).close();
  // Another process, because a process never conflicts with its own locks.
  const script = `new (require('node:sqlite').DatabaseSync)(${JSON.stringify(path)}).exec('BEGIN IMMEDIATE')`;
  const { status, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringContaining('database is locked')]);
});
