// What `npm start` and `npm test` do first. Any Node from 20 on runs this file, before there is a node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binaries = join(root, 'node_modules', '.bin');
const NEEDED_NODE = 24;

/** Set-up can't go on; the message says what to do, and is all that the user should see. */
export class SetUpError extends Error {
  /** @override */
  name = 'SetUpError';
}

/**
 * Runs a script's steps. A SetUpError ends it with its sentence and exit code 1.
 *
 * @param {() => Promise<number>} steps resolves with the exit code
 */
export async function main(steps) {
  try {
    process.exitCode = await steps();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** `npm ci`, when there are no dependencies yet or the lock file has changed since. */
export async function installDependencies() {
  const lockFile = join(root, 'package-lock.json');
  // npm writes this file last, so an interrupted installation is not taken for a complete one.
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs) return;
  console.log('Installing the dependencies that package-lock.json names (npm ci) …');
  // Errors only: under an older Node npm warns of packages that will run under the newer one they bring.
  const exitCode = await run('npm', ['ci', '--loglevel=error'], { cwd: root });
  if (exitCode === 0) return;
  throw new SetUpError(
    `The dependencies could not be installed: npm ci ended with exit code ${exitCode} and said why above. ` +
      'Most often the package registry is out of reach. Run the same command again when that is mended.',
  );
}

/**
 * Makes sure that a script runs under the Node of the lock file. Resolves with undefined when it does; otherwise it has
 * run the script once more under that Node, to its end, and resolves with its exit code.
 *
 * @param {string} scriptUrl `import.meta.url` of the script
 * @returns {Promise<number | undefined>}
 */
export async function runUnderLockedNode(scriptUrl) {
  const locked = join(binaries, 'node');
  const current = process.execPath;
  const usable = spawnSync(locked, ['--version']).status === 0;
  if (!usable && Number.parseInt(process.versions.node, 10) < NEEDED_NODE) {
    throw new SetUpError(
      `Node ${NEEDED_NODE} or newer is needed and this is ${process.versions.node}. There is no ready-made Node for ` +
        `${process.platform} on ${process.arch} among the dependencies: install one from https://nodejs.org.`,
    );
  }
  if (!usable || realpathSync(locked) === realpathSync(current)) {
    process.env.PATH = withBinariesFirst(process.env.PATH);
    return undefined;
  }
  const env = { ...process.env, PATH: withBinariesFirst(process.env.PATH) };
  return run(locked, [fileURLToPath(scriptUrl), ...process.argv.slice(2)], { env });
}

/** @param {string | undefined} path */
function withBinariesFirst(path) {
  return path?.split(delimiter)[0] === binaries ? path : `${binaries}${delimiter}${path ?? ''}`;
}
