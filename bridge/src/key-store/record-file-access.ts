import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '@repo/common/database';
import { asKeyStoreError, KeyStoreError } from './key-store-error.ts';
import { checkSchema, MIGRATIONS } from './record-file-schema.ts';

const SQLITE_BUSY = 5;

/**
 * Opens or creates the SQLite file of a key store, migrated and locked for this process alone.
 * The lock is the kernel's: it ends with the process, however that ends, and leaves no file behind to clean up.
 */
export function openJournalFile(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    makePrivate(path);
    db = new DatabaseSync(path, { timeout: 0 });
    lock(db);
    checkSchema(db, path);
    makeDurable(db, path);
    migrate(db, MIGRATIONS);
    return db;
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw lockedError(path, error);
    throw asKeyStoreError(error, path);
  }
}

/** SQLite gives its -wal file the mode of the main file, so the main file has to be private from its first moment. */
function makePrivate(path: string): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  closeDirectory(directory);
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
  chmodSync(path, 0o600);
}

/** The root of a mounted volume may belong to someone else; then the file's own mode has to keep others out. */
function closeDirectory(directory: string): void {
  try {
    chmodSync(directory, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** In exclusive locking mode the lock that this transaction takes stays after its end. */
function lock(db: DatabaseSync): void {
  db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
}

function makeDurable(db: DatabaseSync, path: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') {
    throw new KeyStoreError(
      'unsupported',
      `The file system of ${path} does not support SQLite's write-ahead log. Put the key store on a local disk.`,
    );
  }
  // fullfsync: macOS returns from a plain fsync before the drive has written.
  db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function lockedError(path: string, cause: unknown): KeyStoreError {
  return new KeyStoreError(
    'locked',
    `Another process has the key store ${path} open. One Matrix device belongs to one process: stop the other one first.`,
    { cause },
  );
}
