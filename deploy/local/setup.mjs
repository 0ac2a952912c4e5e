// The first steps of `npm start` and `npm test`. Any Node from 20 on runs this file, before there is a node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Interrupted, run, runStep, SetUpError } from './run.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const BINARIES = join(ROOT, 'node_modules', '.bin');
const NEEDED_NODE = 24;

/**
 * Runs a script's steps. A SetUpError prints its message and sets exit code 1.
 *
 * @param {() => Promise<number>} steps resolves with the exit code
 */
export async function main(steps) {
  try {
    process.exitCode = await steps();
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = error.exitCode;
      return;
    }
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Runs `npm ci` if there are no dependencies or the lock file is newer than them. */
export async function installDependencies() {
  const lockFile = join(ROOT, 'package-lock.json');
  // npm writes this file last, so an interrupted installation does not count as complete.
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs) return;
  const { exitCode, output } = await runStep(
    'Installing the dependencies of package-lock.json into node_modules (npm ci)',
    'npm',
    // An older Node warns about packages that will run under the newer Node among them.
    // The default retries take more than a minute before they report a missing network.
    ['ci', '--loglevel=error', '--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=10000'],
    { cwd: ROOT },
  );
  if (exitCode === 0) return;
  throw new SetUpError(
    `${output.trim()}\nCannot install the dependencies: npm ci failed with exit code ${exitCode}. ` +
      'Check that the npm registry is reachable (npm ping), then run the command again.',
  );
}

/**
 * Returns the Node to run everything else with: the one in the lock file, or this one if it is new enough.
 *
 * @throws {SetUpError}
 */
export function lockedNode() {
  const locked = join(BINARIES, 'node');
  if (spawnSync(locked, ['--version']).status === 0) return locked;
  if (Number.parseInt(process.versions.node, 10) >= NEEDED_NODE) return process.execPath;
  throw new SetUpError(
    `Node ${process.versions.node} is too old: Node ${NEEDED_NODE} or newer is needed, and the dependencies have none ` +
      `for ${process.platform} on ${process.arch}. Install one from https://nodejs.org.`,
  );
}

/**
 * Builds the programs.
 *
 * @param {string} node
 */
export async function build(node) {
  const exitCode = await run(node, [join(ROOT, 'deploy', 'build.mjs')], { cwd: ROOT });
  if (exitCode !== 0) throw new SetUpError('Cannot build the programs; see the messages above.');
}

/**
 * Returns this environment with directories at the front of the PATH.
 *
 * @param {readonly string[]} directories
 */
export function withPath(directories) {
  return { ...process.env, PATH: [...directories, BINARIES, process.env.PATH ?? ''].join(delimiter) };
}
