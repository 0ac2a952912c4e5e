import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @param {string} command
 * @returns {boolean}
 */
export function isOnPath(command) {
  return pathOf(command) !== undefined;
}

/**
 * Returns the file that a shell would run for the command.
 *
 * @param {string} command
 * @param {string} [path]
 * @returns {string | undefined}
 */
export function pathOf(command, path = process.env.PATH ?? '') {
  const candidates = path.split(delimiter).map((directory) => join(directory, command));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}
