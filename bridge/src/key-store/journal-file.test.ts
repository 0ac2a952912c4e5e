import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openJournalFile } from './journal-file.ts';

test('every commit is forced to the disk, and the file is for one process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'journal-'));
  const db = openJournalFile(join(directory, 'keys.sqlite'));
  const pragmas = ['journal_mode', 'synchronous', 'fullfsync', 'locking_mode', 'user_version'].map((name) =>
    db.prepare(`PRAGMA ${name}`).get(),
  );
  db.close();
  rmSync(directory, { recursive: true });
  expect(Object.assign({}, ...pragmas)).toEqual({
    journal_mode: 'wal',
    synchronous: 2 /* FULL */,
    fullfsync: 1,
    locking_mode: 'exclusive',
    user_version: 1,
  });
});
