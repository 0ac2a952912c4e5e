import type { DatabaseSync } from 'node:sqlite';
import { schemaVersion } from '@repo/common/database';
import { KeyStoreError } from './key-store-error.ts';

/** Identifies a SQLite file as a key store ("mxks"). */
export const APPLICATION_ID = 0x6d786b73;

/** Entry n migrates from schema version n to n + 1. Released entries must not be changed. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE idb_database (name TEXT PRIMARY KEY, version INTEGER NOT NULL, stores TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE idb_record (
     database TEXT NOT NULL,
     store TEXT NOT NULL,
     key TEXT NOT NULL,
     value BLOB NOT NULL,
     PRIMARY KEY (database, store, key)
   ) STRICT, WITHOUT ROWID;
   PRAGMA application_id = ${APPLICATION_ID}`,
];

/** Rejects a file that is not a key store or has a newer schema, without changing it. */
export function checkSchema(db: DatabaseSync, path: string): void {
  const applicationId = Number(db.prepare('PRAGMA application_id').get()?.application_id);
  const version = schemaVersion(db);
  if (applicationId !== APPLICATION_ID && !(applicationId === 0 && isEmpty(db))) {
    throw new KeyStoreError(
      'unsupported',
      `${path} is a SQLite database, but not a key store. Use another --storage.path.`,
    );
  }
  if (version > MIGRATIONS.length) {
    throw new KeyStoreError(
      'newer_schema',
      `The key store ${path} has schema version ${version}, but this program supports versions up to ${MIGRATIONS.length}. ` +
        'Run the version of the program that wrote it, or a newer one.',
    );
  }
}

function isEmpty(db: DatabaseSync): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}
