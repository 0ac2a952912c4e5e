import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

export interface DatabaseOptions {
  /** Forward migrations in order. A released entry is never edited. */
  readonly migrations: readonly string[];
  /** `FULL` if the file is the only copy of its data, `NORMAL` if the last second before a crash can be lost. */
  readonly synchronous: 'FULL' | 'NORMAL';
}

/** A database file that cannot be used: a newer release wrote it, or it is not a database. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/**
 * Opens an SQLite file that only its owner can read; creates and migrates it if needed.
 * @throws DatabaseError if a newer release wrote the file (names both versions), or if it is not a database
 */
export function openDatabase(path: string, { migrations, synchronous }: DatabaseOptions): DatabaseSync {
  if (path !== ':memory:') createPrivately(path);
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON`);
    rejectNewerSchema(database, path, migrations);
    migrate(database, migrations);
    return database;
  } catch (error) {
    database.close();
    if (!isNotADatabase(error)) throw error;
    throw new DatabaseError(
      `${path} is not an SQLite database, or it is damaged. Move it away, or restore it from a backup.`,
      {
        cause: error,
      },
    );
  }
}

/** Runs `body` in one transaction: afterwards all of it is on disk, or none. */
export function inTransaction<Result>(database: DatabaseSync, body: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = body();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Runs the migrations that are missing. Entry n of `migrations` leads from schema version n to n + 1. */
export function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  for (const [index, sql] of migrations.entries()) {
    if (index < schemaVersion(database)) continue;
    inTransaction(database, () => {
      // Another process that opened the same new file may have been quicker.
      if (schemaVersion(database) === index) database.exec(`${sql}; PRAGMA user_version = ${index + 1}`);
    });
  }
}

/** The number of migrations that have run on the file (`PRAGMA user_version`). */
export function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}

function rejectNewerSchema(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  const version = schemaVersion(database);
  if (version <= migrations.length) return;
  throw new DatabaseError(
    `${path} has schema version ${version}, but this program supports versions up to ${migrations.length}. A newer release wrote the file. Run that release, or move the file away.`,
  );
}

function isNotADatabase(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && [SQLITE_CORRUPT, SQLITE_NOTADB].includes(Number(error.errcode))
  );
}

/** Creates an SQLite file that only its owner can read, if there is none. */
export function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    // An existing file is never opened here: if this process has it open as a database, closing any other descriptor of it
    // would drop the database's locks.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // SQLite gives its -wal and -shm files the mode of the main file, so set that before the first write.
  chmodSync(path, 0o600);
}
