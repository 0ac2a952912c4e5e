import { isOnPath } from '../on-path.mjs';
import { SetUpError } from '../run.mjs';
import { unpackedProgram } from './unpacked-program.mjs';

/**
 * @typedef {import('./needed-programs.mjs').NeededProgram} NeededProgram
 * @typedef {{ title: string, reason: string }} MissingProgram
 * @typedef {'use' | 'unpack' | 'give up'} Step
 */

/**
 * Decides where a program comes from: the PATH, else Debian's packages.
 *
 * @param {NeededProgram} program
 * @param {(command: string) => boolean} isPresent
 * @returns {Step}
 */
export function planProgram({ commands }, isPresent) {
  if (commands.every((names) => names.some(isPresent))) return 'use';
  return ['apt-get', 'apt-cache', 'dpkg'].every(isPresent) ? 'unpack' : 'give up';
}

/**
 * Finds programs on the PATH or unpacks them from Debian's packages into the cache, without root and without installing
 * anything.
 *
 * @param {readonly NeededProgram[]} programs
 * @param {string} cache
 * @returns {Promise<{ path: string[], missing: MissingProgram[] }>} `path` has the directories of unpacked executables
 */
export async function findPrograms(programs, cache) {
  const path = [];
  const missing = [];
  for (const program of programs) {
    const step = planProgram(program, isOnPath);
    if (step === 'use') continue;
    if (step === 'give up') {
      missing.push({
        title: program.title,
        reason: 'it is not on the PATH, and there is no apt-get to download it with',
      });
      continue;
    }
    try {
      path.push(await unpackedProgram(program, cache));
    } catch (error) {
      if (!(error instanceof SetUpError)) throw error;
      missing.push({ title: program.title, reason: `it cannot be downloaded:\n${error.message}` });
    }
  }
  return { path, missing };
}

/**
 * @param {readonly MissingProgram[]} missing
 * @returns {string}
 */
export function describeMissing(missing) {
  const reasons = missing.map(({ title, reason }) => `${title} is missing: ${reason}`);
  return [...reasons, 'To use what is missing, install it or put it on the PATH, then run the command again.'].join(
    '\n',
  );
}
