import type { DatabaseSync } from 'node:sqlite';

export interface Schema {
  /** Forward migrations in order. Entry n leads from schema version n to n + 1. A released entry is never edited. */
  readonly migrations: readonly string[];
  /** Marks the file as ours and as this kind of file (`PRAGMA application_id`). */
  readonly applicationId: number;
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

/** Runs the migrations that are missing. */
export function migrate(database: DatabaseSync, { migrations, applicationId }: Schema): void {
  for (const [index, sql] of migrations.entries()) {
    if (index < schemaVersion(database)) continue;
    inTransaction(database, () => {
      // Another process that opened the same file may have been quicker.
      if (schemaVersion(database) !== index) return;
      database.exec(`${sql}; PRAGMA user_version = ${index + 1}; PRAGMA application_id = ${applicationId}`);
    });
  }
}

/** Returns the number of migrations that have run on the file (`PRAGMA user_version`). */
export function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}
