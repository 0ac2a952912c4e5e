import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_READ = 0o004;
const OTHERS_SEARCH = 0o001;
const OTHERS_WRITE = 0o022;

/** Returns the files that every user of this machine can read. A missing file is not one of them. */
export function exposedFiles(files: Iterable<string>): string[] {
  return [...files].filter((file) => {
    const real = existing(() => realpathSync(file));
    return (
      real !== undefined && hasMode(real, OTHERS_READ) && ancestors(real).every((it) => hasMode(it, OTHERS_SEARCH))
    );
  });
}

/** Returns true if other users can put files into the directory. */
export function isOpenToWriters(directory: string): boolean {
  return hasMode(directory, OTHERS_WRITE);
}

function hasMode(path: string, bits: number): boolean {
  const stats = existing((): Stats => statSync(path));
  return stats !== undefined && (stats.mode & bits) !== 0;
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...ancestors(parent)];
}

function existing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
