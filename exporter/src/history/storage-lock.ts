import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createPrivately, DatabaseError } from '@repo/common/database';

const SQLITE_BUSY = 5;

/**
 * Locks the storage directory for one exporter, because two would send twice the requests and replace each other's socket.
 * The lock is the kernel's, so it ends with the process. Commands such as `once` share the directory without it.
 * @throws Error if another exporter has the lock, or if the directory cannot be used
 */
export function lockStorage(directory: string): Disposable {
  const path = join(directory, 'exporter.lock');
  let database: DatabaseSync | undefined;
  try {
    createPrivately(path);
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new Error(
        `another exporter uses the storage directory ${directory}. Stop it, or choose another directory with --storage.path.`,
      );
    }
    if (error instanceof DatabaseError) throw error;
    const reason = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    throw new Error(`cannot use the storage directory ${directory} (${reason}). Check --storage.path.`, {
      cause: error,
    });
  }
}
