import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runStep, SetUpError } from '../run.mjs';
import { downloadPackages } from './apt-download.mjs';
import { relocate } from './relocate.mjs';

const HOUR_MS = 3_600_000;

/**
 * Returns the directory with the executables of an unpacked program, after downloading and unpacking its packages if
 * that has not been done. A directory gets its final name only when it is complete and the program runs from it.
 *
 * @param {import('./needed-programs.mjs').NeededProgram} program
 * @param {string} cache
 * @returns {Promise<string>}
 * @throws {SetUpError}
 */
export async function unpackedProgram(program, cache) {
  const programs = join(cache, 'programs');
  const [name = program.title] = program.packages;
  const final = join(programs, name);
  mkdirSync(programs, { recursive: true });
  removeUnfinished(programs, name);
  if (existsSync(final)) {
    if (runs(program, final)) return join(final, 'bin');
    // The cache came from another machine.
    rmSync(final, { recursive: true, force: true });
  }
  const unfinished = mkdtempSync(join(programs, `${name}-unfinished-`));
  try {
    await downloadPackages(program, { aptDirectory: join(cache, 'apt'), target: unfinished });
    await unpack(program, unfinished);
    if (!runs(program, unfinished)) throw new SetUpError(`The unpacked ${name} does not run on this system.`);
    renameSync(unfinished, final);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return join(final, 'bin');
}

/**
 * @param {import('./needed-programs.mjs').NeededProgram} program
 * @param {string} directory
 */
async function unpack({ title, files }, directory) {
  const archives = readdirSync(directory).filter((name) => name.endsWith('.deb'));
  for (const [index, archive] of archives.entries()) {
    const step = index === 0 ? `Unpacking ${title}` : '';
    const file = join(directory, archive);
    const { exitCode, output } = await runStep(step, 'dpkg', ['-x', file, join(directory, 'root')]);
    if (exitCode !== 0) throw new SetUpError(`Cannot unpack ${archive}: ${output.trim()}`);
    rmSync(file);
  }
  relocate(directory, files, (file) => {
    const { stdout, stderr } = spawnSync(file, ['--help'], { encoding: 'utf8' });
    return `${stdout}${stderr}`;
  });
}

/**
 * @param {import('./needed-programs.mjs').NeededProgram} program
 * @param {string} directory
 */
function runs({ files: [first = ''], versionFlag }, directory) {
  return spawnSync(join(directory, 'bin', basename(first)), [versionFlag]).status === 0;
}

/**
 * Removes what killed runs left behind. A recent directory may belong to a run that shares this cache.
 *
 * @param {string} programs
 * @param {string} name
 */
function removeUnfinished(programs, name) {
  for (const entry of readdirSync(programs)) {
    const directory = join(programs, entry);
    const isAbandoned = entry.startsWith(`${name}-unfinished-`) && statSync(directory).mtimeMs < Date.now() - HOUR_MS;
    if (isAbandoned) rmSync(directory, { recursive: true, force: true });
  }
}
