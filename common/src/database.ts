import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

export interface DatabaseOptions {
  /** Forward migrations in order; the schema's version (`PRAGMA user_version`) is how many have run. */
  readonly migrations: readonly string[];
  /** `FULL` where this file is the only copy of what it holds, `NORMAL` where a lost last second can be had again. */
  readonly synchronous: 'FULL' | 'NORMAL';
}

/** A database file that can't be used: written by a newer version of the program, or not a database. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/**
 * Opens (and, if need be, creates and migrates) an SQLite file that only its owner can read.
 * @throws DatabaseError naming both versions when a newer version of the program wrote the file, or naming the file when
 * it is no database
 */
export function openDatabase(path: string, { migrations, synchronous }: DatabaseOptions): DatabaseSync {
  if (path !== ':memory:') createPrivately(path);
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON`);
    migrate(database, path, migrations);
    return database;
  } catch (error) {
    database.close();
    if (!isNotADatabase(error)) throw error;
    throw new DatabaseError(`${path} is not an SQLite database, or it is damaged; move it away or restore it`, {
      cause: error,
    });
  }
}

/** Runs `body` in one transaction: all of it is on disk afterwards, or none. */
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

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  const version = schemaVersion(database);
  if (version > migrations.length) {
    throw new DatabaseError(
      `${path} has schema version ${version}, this program knows versions up to ${migrations.length}: it was written by a newer release; run that one, or move the file away`,
    );
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    inTransaction(database, () => {
      // Another process that opened the same new file may have been quicker.
      if (schemaVersion(database) === index) database.exec(`${sql}; PRAGMA user_version = ${index + 1}`);
    });
  }
}

function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}

function isNotADatabase(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && [SQLITE_CORRUPT, SQLITE_NOTADB].includes(Number(error.errcode))
  );
}

// SQLite gives its -wal and -shm files the mode of the main file, so that one has to be right before the first write.
function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}
