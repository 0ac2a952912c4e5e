/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
const BUSY = 5;

const REMEDIES: Readonly<Record<number, (path: string) => string>> = {
  [BUSY]: (path) => `${path} is locked by another process. Stop that process, or choose another --storage.path.`,
  [READONLY]: (path) => `Cannot write ${path}: it is read-only. Check owner and mode of the files in --storage.path.`,
  [IOERR]: (path) => `Cannot read or write ${path}: the disk reports an error. Check the disk of --storage.path.`,
  [CORRUPT]: (path) => damaged(path),
  [FULL]: (path) => `Cannot write ${path}: the disk is full. Free space on the disk of --storage.path.`,
  [CANTOPEN]: (path) =>
    `Cannot open ${path} or the files beside it. Check owner, mode and free space of --storage.path.`,
  [NOTADB]: (path) => damaged(path),
};

/** A database file that cannot be used. The message names file and remedy; it needs no cause behind it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** Whether the disk is full, so that the operation can succeed later. */
  readonly isFull: boolean;

  constructor(message: string, isFull = false) {
    super(message);
    this.isFull = isFull;
  }
}

export function damaged(path: string, detail = ''): string {
  return `${path} is not an SQLite database, or it is damaged${detail}. Move it away, or restore it from a backup.`;
}

/** Returns an error of SQLite about the file at `path` with file and remedy; any other error as it is. */
export function asDatabaseError(error: unknown, path: string): unknown {
  if (error instanceof DatabaseError || !(error instanceof Error) || !('errcode' in error)) return error;
  const code = Number(error.errcode) & 0xff;
  const remedy = REMEDIES[code];
  return remedy ? new DatabaseError(remedy(path), code === FULL) : error;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EEXIST: 'a file with this name exists',
  ENOTDIR: 'a part of the path is a file',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

/** Returns the error of a file operation with the path and the flag. */
export function asStorageError(error: unknown, action: string): DatabaseError {
  const code = String((error as NodeJS.ErrnoException).code);
  return new DatabaseError(`Cannot ${action}: ${REASONS[code] ?? code}. Check --storage.path.`, code === 'ENOSPC');
}
