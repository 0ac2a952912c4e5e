import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Decides if a program of this name can be started. */
export function isOnPath(program: string, { PATH = '' }: Readonly<Record<string, string | undefined>>): boolean {
  return PATH.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}
