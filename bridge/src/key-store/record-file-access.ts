import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '@repo/common/database';
import { asKeyStoreError, KeyStoreError } from './key-store-error.ts';
import { APPLICATION_ID, checkSchema, MIGRATIONS } from './record-file-schema.ts';

const SQLITE_BUSY = 5;

/**
 * Opens or creates the SQLite file of a key store, migrates it and locks it for this process. The lock is a kernel lock:
 * it ends with the process and leaves no lock file behind.
 */
export function openRecordFile(path: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    makePrivate(path);
    db = new DatabaseSync(path, { timeout: 0 });
    lock(db);
    checkSchema(db, path);
    makeDurable(db, path);
    migrate(db, { migrations: MIGRATIONS, applicationId: APPLICATION_ID });
    return db;
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw lockedError(path, error);
    throw asKeyStoreError(error, path);
  }
}

/** SQLite creates the -wal file with the mode of the main file, so the main file must be private from the start. */
function makePrivate(path: string): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  closeDirectory(directory);
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
  chmodSync(path, 0o600);
}

/** The root of a mounted volume may belong to another user. Then only the mode of the file protects it. */
function closeDirectory(directory: string): void {
  try {
    chmodSync(directory, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** In exclusive locking mode, the lock of this transaction is kept after its end. */
function lock(db: DatabaseSync): void {
  db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
}

function makeDurable(db: DatabaseSync, path: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') {
    throw new KeyStoreError(
      'unsupported',
      `The file system of ${path} does not support SQLite's write-ahead log. Use a local disk for --storage.path.`,
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
    `Another process has opened the key store ${path}. Only one process can use a Matrix device. ` +
      'Stop the other process, or use another --storage.path and device. Restarting does not help.',
    { cause },
  );
}
