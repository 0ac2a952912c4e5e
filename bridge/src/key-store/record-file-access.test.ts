import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openRecordFile } from './record-file-access.ts';

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>();
  return { ...actual, chmodSync: vi.fn(actual.chmodSync) };
});

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'recordFile-'));
});

afterEach(() => {
  fs.rmSync(directory, { recursive: true });
});

test('every commit is forced to the disk, and the file is for one process', () => {
  const db = openRecordFile(join(directory, 'keys.sqlite'));
  const pragmas = ['journal_mode', 'synchronous', 'fullfsync', 'locking_mode', 'user_version'].map((name) =>
    db.prepare(`PRAGMA ${name}`).get(),
  );
  db.close();
  expect(Object.assign({}, ...pragmas)).toEqual({
    journal_mode: 'wal',
    synchronous: 2 /* FULL */,
    fullfsync: 1,
    locking_mode: 'exclusive',
    user_version: 1,
  });
});

test('a directory that belongs to someone else is used as it is', () => {
  vi.mocked(fs.chmodSync).mockImplementationOnce(() => {
    throw Object.assign(new Error('EPERM: operation not permitted, chmod'), { code: 'EPERM' });
  });
  const path = join(directory, 'keys.sqlite');
  openRecordFile(path).close();
  expect(fs.statSync(path).mode & 0o777).toBe(0o600);
});

test('a directory that can not be changed for another reason is refused', () => {
  vi.mocked(fs.chmodSync).mockImplementationOnce(() => {
    throw Object.assign(new Error('EROFS: read-only file system, chmod'), { code: 'EROFS' });
  });
  const path = join(directory, 'keys.sqlite');
  expect(() => openRecordFile(path)).toThrow(
    `Cannot open the key store ${path}: EROFS: read-only file system, chmod. Check the path, its owner and the disk. ` +
      'If the file is damaged, log in as a new device. Do not restore an old copy.',
  );
});
