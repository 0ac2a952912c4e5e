import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, linkSync, lstatSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { asStorageError, DatabaseError, damaged } from './database-error.ts';
import { syncDirectory } from './replace-file.ts';

/** A database has at least one page. */
const SMALLEST_PAGE = 512;

/**
 * Creates a private file with all its content at once: after a crash it is complete or absent. An existing file stays.
 * @param write fills the file at the path that it gets
 */
export function createComplete(path: string, write: (temporary: string) => void): void {
  createDirectory(dirname(path));
  if (exists(path)) return;
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    createFile(temporary);
    write(temporary);
    publish(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error instanceof Error && 'syscall' in error ? asStorageError(error, `create ${path}`) : error;
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(temporary + suffix, { force: true });
  }
}

// Unlike a rename, a link never replaces a file that another process has created meanwhile.
function publish(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    // Some network file systems have no links.
    renameSync(temporary, path);
  }
  syncDirectory(dirname(path));
}

/** Creates a file that only its owner can read, if there is none. */
export function createPrivately(path: string): void {
  createDirectory(dirname(path));
  if (!exists(path)) createFile(path);
  makePrivate(path);
}

/**
 * Rejects what cannot be a database of ours, and closes an existing one to other users. The file is not opened: if this
 * process has it open as a database, closing any other descriptor of it would drop the database's locks.
 */
export function checkFile(path: string): void {
  makePrivate(path);
  // Our files are created complete, so a short one has lost its content. SQLite would start it anew.
  if (statSync(path).size < SMALLEST_PAGE) throw new DatabaseError(damaged(path, ': it is empty'));
}

function makePrivate(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) {
    throw new DatabaseError(`${path} is a symbolic link, which is not followed. Move it away, or link --storage.path.`);
  }
  if (!stat.isFile()) throw new DatabaseError(`${path} is not a regular file. Move it away.`);
  // SQLite gives its -wal and -shm files the mode of the main file.
  if ((stat.mode & 0o777) === 0o600) return;
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    throw asStorageError(error, `make ${path} private`);
  }
}

function createDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw asStorageError(error, `create the directory ${path}`);
  }
}

function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw asStorageError(error, `create ${path}`);
  }
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw asStorageError(error, `read ${path}`);
  }
}
