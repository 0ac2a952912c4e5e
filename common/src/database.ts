import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { checkDatabase } from './database-check.ts';
import { asDatabaseError } from './database-error.ts';
import { checkFile, createComplete } from './database-file.ts';
import { migrate, type Schema } from './migrations.ts';

export { DatabaseError } from './database-error.ts';
export { createPrivately } from './database-file.ts';
export { inTransaction, migrate, schemaVersion } from './migrations.ts';

export interface DatabaseOptions extends Schema {
  /** `FULL` if the file is the only copy of its data, `NORMAL` if the last second before a crash can be lost. */
  readonly synchronous: 'FULL' | 'NORMAL';
}

/**
 * Opens an SQLite file that only its owner can read; creates and migrates it if needed. A file that cannot be used is not
 * changed.
 * @throws DatabaseError with the file and the remedy; so do all later operations on the database
 */
export function openDatabase(path: string, options: DatabaseOptions): DatabaseSync {
  if (path === ':memory:') return prepare(new DatabaseSync(path), options);
  createComplete(path, (temporary) => withErrors(path, () => prepare(open(temporary), options).close()));
  checkFile(path);
  return withErrors(path, () => {
    // Closing a connection that may write would move a write-ahead log into a damaged file.
    const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    if (hasLog) {
      using reader = open(path, { readOnly: true });
      checkDatabase(reader, path, options);
    }
    const database = open(path);
    try {
      if (!hasLog) checkDatabase(database, path, options);
      return translateErrors(prepare(database, options), path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function open(path: string, { readOnly = false } = {}): DatabaseSync {
  return new DatabaseSync(path, { readOnly, timeout: 5000 });
}

function prepare(database: DatabaseSync, { synchronous, ...schema }: DatabaseOptions): DatabaseSync {
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON`);
  migrate(database, schema);
  // Early releases did not mark their files.
  if (database.prepare('PRAGMA application_id').get()?.application_id === 0)
    database.exec(`PRAGMA application_id = ${schema.applicationId}`);
  return database;
}

function withErrors<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw asDatabaseError(error, path);
  }
}

/** SQLite finds some damage only when it reads the page, and a full disk when it writes. */
function translateErrors(database: DatabaseSync, path: string): DatabaseSync {
  const exec = database.exec.bind(database);
  const prepareStatement = database.prepare.bind(database);
  database.exec = (sql) => withErrors(path, () => exec(sql));
  database.prepare = (sql) => withErrors(path, () => translateStatement(prepareStatement(sql), path));
  return database;
}

function translateStatement(statement: StatementSync, path: string): StatementSync {
  for (const name of ['run', 'get', 'all'] as const) {
    const method = statement[name].bind(statement) as (...parameters: unknown[]) => never;
    statement[name] = (...parameters: unknown[]) => withErrors(path, () => method(...parameters));
  }
  const iterate = statement.iterate.bind(statement) as (...parameters: unknown[]) => NodeJS.Iterator<never>;
  statement.iterate = (...parameters: unknown[]) =>
    translateIterator(
      withErrors(path, () => iterate(...parameters)),
      path,
    );
  return statement;
}

function* translateIterator<Row>(rows: Iterable<Row>, path: string): NodeJS.Iterator<Row> {
  try {
    yield* rows;
  } catch (error) {
    throw asDatabaseError(error, path);
  }
}
