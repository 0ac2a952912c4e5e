import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const LENGTH = 1024;

/** A checksum of the bytes of a file that end at `position`. NaN if they cannot be read. */
export function fingerprint(file: string | number, position: number): number {
  if (typeof file === 'number') return checksum(file, position);
  try {
    const fd = openSync(file, 'r');
    try {
      return checksum(fd, position);
    } finally {
      closeSync(fd);
    }
  } catch {
    return Number.NaN;
  }
}

function checksum(fd: number, position: number): number {
  const start = Math.max(0, position - LENGTH);
  const bytes = Buffer.alloc(position - start);
  return crc32(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, start)));
}
