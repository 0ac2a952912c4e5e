import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/**
 * Replaces a file as a whole: after a crash it has the old contents or the new ones, after the return the new ones.
 * @throws if the new contents are not on disk in full; the old ones stay then
 */
export function replaceFile(path: string, text: string, mode: number): void {
  // In a directory that others can write to, nobody can guess this name and put a link there.
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  const file = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    try {
      fchmodSync(file, mode);
      writeAll(file, Buffer.from(text));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

// On a full disk a write takes what fits and succeeds.
function writeAll(file: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) {
    const count = writeSync(file, bytes, written);
    if (count === 0) break;
    written += count;
  }
  const { size } = fstatSync(file);
  if (size === bytes.length) return;
  throw Object.assign(new Error(`only ${size} of ${bytes.length} bytes were written`), { code: 'ENOSPC' });
}

// A rename is on disk only when its directory is.
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
