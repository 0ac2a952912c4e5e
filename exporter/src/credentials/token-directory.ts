import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@repo/common/replace-file';
import { CredentialError } from './credentials.ts';
import { readLoginFile } from './login-fields.ts';
import {
  type ClaimedLogin,
  changedParts,
  type LoginStore,
  parseStoredLogin,
  TOKENS_REMEDY,
} from './refresh/login-store.ts';
import { tryLock } from './refresh/refresh-lock.ts';

const LOCK_FILE = '.refresh-lock';

/** A login in a directory, with one file for each part. */
export function tokenDirectory(directory: string, replace: typeof replaceFile = replaceFile): LoginStore {
  const path = (part: string) => join(directory, part);
  const read = async () => parseStoredLogin((part) => readIfThere(path(part)), path);
  return {
    place: directory,
    read,
    async claim(): Promise<ClaimedLogin | undefined> {
      const lock = orUnwritable(directory, () => {
        accessSync(directory, constants.W_OK);
        return tryLock(path(LOCK_FILE));
      });
      if (!lock) return undefined;
      return {
        read,
        async write(tokens) {
          orUnwritable(directory, () => {
            for (const [part, text] of changedParts(tokens)) replace(path(part), text, 0o600);
          });
          return true;
        },
        async [Symbol.asyncDispose]() {
          lock[Symbol.dispose]();
        },
      };
    },
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readLoginFile(path, TOKENS_REMEDY);
  } catch (error) {
    if (error instanceof CredentialError && error.reason === 'no_credentials') return undefined;
    throw error;
  }
}

function orUnwritable<Result>(directory: string, body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const message = `cannot write to ${directory} (${code}), so its login cannot be refreshed`;
    throw new CredentialError('unreadable_credentials', message, 'make it writable, or remove refreshToken from it');
  }
}
