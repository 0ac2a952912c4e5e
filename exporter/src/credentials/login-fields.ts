import { statSync } from 'node:fs';
import { Secret } from '@repo/common/secret';
import { readTextFile } from '@repo/common/text-file';
import { z } from 'zod';
import { CredentialError } from './credentials.ts';

// Anything else could not be sent in a header, and the error about that would quote the token.
export const tokenSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,4096}$/)
  .transform((text) => Secret.of(text));

/** No time in milliseconds since the epoch is this small: it would lie before 1974. */
const MAX_SECONDS = 1e11;

/** A time in milliseconds since the epoch; one in seconds is converted. Other programs write its digits as text. */
export const timeSchema = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().int().positive().max(8.64e15))
  .transform((time) => (time < MAX_SECONDS ? time * 1000 : time));

/**
 * Returns the text of a file that holds a part of a login.
 * @throws CredentialError with `remedy`, which says how to get the file, if there is none
 */
export function readLoginFile(path: string, remedy: string): string {
  try {
    // Opening a named pipe would block the whole program until somebody writes to it.
    if (statSync(path).isFIFO()) throw Object.assign(new Error(path), { code: 'it is a named pipe' });
    return readTextFile(path);
  } catch (error) {
    throw unreadable(path, error, remedy);
  }
}

export function unreadable(place: string, error: unknown, remedy: string): CredentialError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new CredentialError('no_credentials', `${place} does not exist`, remedy);
  }
  return new CredentialError('unreadable_credentials', `${place} cannot be read (${code ?? 'unknown error'})`);
}
