import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from './database.ts';

const SCHEMA = {
  migrations: ['CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT) STRICT', 'CREATE INDEX by_text ON note (text)'],
  applicationId: 0x6e6f7465,
  synchronous: 'FULL',
} as const;

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'damage-')), 'notes.db');
  using database = openDatabase(path, SCHEMA);
  const insert = database.prepare('INSERT INTO note (text) VALUES (?)');
  for (let n = 0; n < 2000; n++) insert.run(`note ${n} ${'x'.repeat(50)}`);
});
afterEach(() => rmSync(dirname(path), { recursive: true }));

/** Writes bytes at a place of the file. */
function overwrite(at: number, bytes: Buffer): void {
  const content = readFileSync(path);
  bytes.copy(content, at);
  writeFileSync(path, content);
}

function sql(text: string): void {
  using database = new DatabaseSync(path, { defensive: false });
  database.exec(text);
}

/** Contents of everything in the directory but the shared memory, which SQLite rebuilds. */
function snapshot(): Record<string, string> {
  const directory = dirname(path);
  const entries = readdirSync(directory).filter((name) => !name.endsWith('-shm'));
  return Object.fromEntries(
    entries.map((name) => {
      const file = join(directory, name);
      return [name, statSync(file).isFile() ? readFileSync(file, 'base64') : 'not a file'];
    }),
  );
}

const DAMAGED =
  /^PATH is not an SQLite database, or it is damaged(: [a-z ]+)?\. Move it away, or restore it from a backup\.$/;
const FOREIGN =
  /^PATH is a database of another program, or of another part of this one\. Move it away, or choose another --storage\.path\.$/;

describe('one sentence with file and remedy, and no change, for', () => {
  const half = () => Math.floor(statSync(path).size / 2);
  test.each<[string, () => void, RegExp]>([
    ['a text', () => writeFileSync(path, 'this is a text\n'.repeat(100)), DAMAGED],
    ['random bytes', () => writeFileSync(path, Buffer.alloc(8192, 0xa7)), DAMAGED],
    ['zeros', () => writeFileSync(path, Buffer.alloc(8192)), DAMAGED],
    ['one byte', () => writeFileSync(path, 'x'), DAMAGED],
    ['nothing', () => truncateSync(path, 0), DAMAGED],
    ['a half', () => truncateSync(path, half()), DAMAGED],
    ['a part of a page', () => truncateSync(path, half() + 100), DAMAGED],
    ['a header without the rest', () => truncateSync(path, 100), DAMAGED],
    ['a wrong magic number', () => overwrite(0, Buffer.from('SQLite format 2\0')), DAMAGED],
    ['a wrong page size', () => overwrite(16, Buffer.from([0x03, 0x01])), DAMAGED],
    ['a zeroed first page', () => overwrite(0, Buffer.alloc(4096)), DAMAGED],
    ['a schema that is overwritten', () => overwrite(100, Buffer.alloc(3900, 0x55)), DAMAGED],
    ['a zeroed page in the middle', () => overwrite(8192, Buffer.alloc(4096)), DAMAGED],
    ['a scrambled page in the middle', () => overwrite(12_288, Buffer.alloc(4096, 0x5a)), DAMAGED],
    ['a table that is gone', () => sql('DROP TABLE note'), DAMAGED],
    ['a schema version that was set back', () => sql('PRAGMA user_version = 0'), DAMAGED],
    [
      'a schema that is malformed',
      () => sql("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE nonsense'"),
      DAMAGED,
    ],
    [
      'an index without its entries',
      () => sql("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'by_text'"),
      DAMAGED,
    ],
    ['the mark of another program', () => sql('PRAGMA application_id = 12345'), FOREIGN],
    [
      'a database of another program',
      () => {
        rmSync(path);
        sql('CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 2');
      },
      FOREIGN,
    ],
    [
      'a newer schema',
      () => sql('PRAGMA user_version = 7'),
      /^PATH has schema version 7, but this program supports versions up to 2\. A newer release wrote the file\. Run that release, or move the file away\.$/,
    ],
    [
      'a directory in its place',
      () => {
        rmSync(path);
        mkdirSync(path);
      },
      /^PATH is not a regular file\. Move it away\.$/,
    ],
    [
      'a pipe in its place',
      () => {
        rmSync(path);
        execFileSync('mkfifo', [path]);
      },
      /^PATH is not a regular file\. Move it away\.$/,
    ],
    [
      'a link in its place',
      () => {
        const target = `${path}.target`;
        copyFileSync(path, target);
        chmodSync(target, 0o644);
        rmSync(path);
        symlinkSync(target, path);
      },
      /^PATH is a symbolic link, which is not followed\. Move it away, or link --storage\.path\.$/,
    ],
    [
      'a directory in the place of its log',
      () => mkdirSync(`${path}-wal`),
      /^Cannot open PATH or the files beside it\. Check owner, mode and free space of --storage\.path\.$/,
    ],
  ])('%s', (_name, damage, sentence) => {
    damage();
    const before = snapshot();
    let message = 'opened';
    try {
      openDatabase(path, SCHEMA).close();
    } catch (error) {
      message = (error as Error).message.replaceAll(path, 'PATH');
    }
    expect(message).toMatch(sentence);
    expect(snapshot()).toEqual({ ...before, ...(before['notes.db-wal'] ? {} : emptyLog()) });
  });
});

/** A reader may leave an empty log behind. */
function emptyLog(): Record<string, string> {
  return existsSync(`${path}-wal`) ? { 'notes.db-wal': '' } : {};
}

test('a damaged file with a log beside it is not changed either', () => {
  using writer = openDatabase(path, SCHEMA);
  writer.exec("INSERT INTO note (text) VALUES ('in the log')");
  const copy = `${path}.copy`;
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  const content = readFileSync(copy);
  content.fill(0x5a, 8192, 65_536);
  writeFileSync(copy, content);
  const log = readFileSync(`${copy}-wal`);
  expect(() => openDatabase(copy, SCHEMA)).toThrow(`${copy} is not an SQLite database, or it is damaged`);
  expect(readFileSync(copy).equals(content)).toBe(true);
  expect(readFileSync(`${copy}-wal`).equals(log)).toBe(true);
});

test('a database of an early release, which is not marked, is recognized and marked', () => {
  sql('PRAGMA application_id = 0');
  openDatabase(path, SCHEMA).close();
  using database = new DatabaseSync(path);
  expect(database.prepare('PRAGMA application_id').get()).toEqual({ application_id: SCHEMA.applicationId });
});

test('damage that SQLite finds later is reported with file and remedy', () => {
  using database = openDatabase(path, SCHEMA);
  const select = database.prepare('SELECT text FROM note');
  const count = database.prepare('SELECT count(text) FROM note');
  overwrite(8192, Buffer.alloc(statSync(path).size - 8192, 0x5a));
  database.exec('PRAGMA cache_size = 0; PRAGMA shrink_memory');
  const sentence = `${path} is not an SQLite database, or it is damaged. Move it away, or restore it from a backup.`;
  expect(() => select.all()).toThrow(sentence);
  expect(() => count.get()).toThrow(sentence);
  expect(() => [...select.iterate()]).toThrow(sentence);
});

test('a full disk is reported with the file and the flag, and the next write works when there is space', () => {
  using database = openDatabase(path, SCHEMA);
  const insert = database.prepare('INSERT INTO note (text) VALUES (?)');
  const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count);
  database.exec(`PRAGMA max_page_count = ${pages}`);
  expect(() => insert.run('x'.repeat(100_000))).toThrow(
    `Cannot write ${path}: the disk is full. Free space on the disk of --storage.path.`,
  );
  database.exec('PRAGMA max_page_count = 1000000');
  expect(insert.run('x'.repeat(100_000)).changes).toBe(1);
});

test('a directory that cannot be made is one sentence with the flag', () => {
  expect(() => openDatabase(join(path, 'below', 'notes.db'), SCHEMA)).toThrow(
    `Cannot create the directory ${path}/below: a part of the path is a file. Check --storage.path.`,
  );
});
