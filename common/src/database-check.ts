import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseError, damaged } from './database-error.ts';
import { migrate, schemaVersion } from './migrations.ts';

/** Larger files are not read as a whole at the start, which must take less than a second. */
const FULLY_CHECKED_BYTES = 16 * 2 ** 20;

export interface ExpectedDatabase {
  readonly applicationId: number;
  readonly migrations: readonly string[];
}

/** Rejects a file that another program or a newer release wrote, or that is damaged, before anything is written to it. */
export function checkDatabase(database: DatabaseSync, path: string, expected: ExpectedDatabase): void {
  const applicationId = Number(database.prepare('PRAGMA application_id').get()?.application_id);
  const version = schemaVersion(database);
  const known = expected.migrations.length;
  const isMarked = applicationId === expected.applicationId;
  if (!isMarked && applicationId !== 0) throw foreign(path);
  if (version === 0 && tablesOf(database).length === 0) return;
  if (version > known) {
    throw new DatabaseError(
      `${path} has schema version ${version}, but this program supports versions up to ${known}. A newer release wrote the file. Run that release, or move the file away.`,
    );
  }
  const missing = missingTables(database, expected.migrations.slice(0, version));
  // Early releases did not mark their files.
  if (!isMarked && (version < 1 || missing.length > 0)) throw foreign(path);
  if (version < 1) throw new DatabaseError(damaged(path, ': it has no schema version'));
  if (missing.length > 0) throw new DatabaseError(damaged(path, `: table ${missing.join(', ')} is missing`));
  checkPages(database, path);
}

function foreign(path: string): DatabaseError {
  return new DatabaseError(
    `${path} is a database of another program, or of another part of this one. Move it away, or choose another --storage.path.`,
  );
}

/** Tables that the migrations create and the file does not have. */
function missingTables(database: DatabaseSync, migrations: readonly string[]): string[] {
  using expected = new DatabaseSync(':memory:');
  migrate(expected, { migrations, applicationId: 0 });
  const present = new Set(tablesOf(database));
  return tablesOf(expected).filter((table) => !present.has(table));
}

function tablesOf(database: DatabaseSync): string[] {
  const rows = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  return rows.map(({ name }) => String(name));
}

function checkPages(database: DatabaseSync, path: string): void {
  const pragma = (name: string) => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
  const size = pragma('page_count') * pragma('page_size');
  const { size: actual } = statSync(path);
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (actual < size && wal === 0) throw new DatabaseError(damaged(path, ': its end is missing'));
  if (size > FULLY_CHECKED_BYTES) return;
  const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (verdict !== 'ok') throw new DatabaseError(damaged(path));
}
