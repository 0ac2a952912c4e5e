import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;

/**
 * Takes the lock on a file, or returns `undefined` while another process has it. The lock is the kernel's, on a part of
 * the file: it ends with the process, however that ends. The empty file that remains means nothing.
 */
export function tryLock(path: string): Disposable | undefined {
  createOnce(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => database.close() };
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

// An existing file must not be opened here: closing it would drop a lock that this process holds on it.
function createOnce(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
