import { spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOf } from './on-path.mjs';
import { SetUpError } from './run.mjs';

/**
 * Commands that lock file descriptor 3 and exit with 1 if another process holds the lock. The lock belongs to the open
 * file, which the command shares with this process: the kernel releases it when the last process that has it open ends.
 */
const LOCK_COMMANDS = [
  { command: 'flock', args: ['--exclusive', '--nonblock', '3'] },
  { command: 'perl', args: ['-e', 'open(my $f, "<&=", 3) or exit 2; exit(flock($f, 6) ? 0 : 1)'] },
];

/**
 * Locks a directory until this process and all that inherit the file descriptor have ended.
 *
 * @param {string} directory
 * @returns {{ state: 'locked', fd: number } | { state: 'busy' } | { state: 'unavailable' }}
 */
export function lockDirectory(directory) {
  const lock = LOCK_COMMANDS.find(({ command }) => pathOf(command) !== undefined);
  if (!lock) return { state: 'unavailable' };
  const fd = openSync(directory, 'r');
  const { status } = spawnSync(lock.command, lock.args, { stdio: ['ignore', 'ignore', 'ignore', fd] });
  if (status === 0) return { state: 'locked', fd };
  return { state: status === 1 ? 'busy' : 'unavailable' };
}

/**
 * Locks the clone for one run: two runs would rewrite each other's dependencies, builds and data.
 *
 * @param {string} root
 * @param {string} command how the user started this run
 * @returns {number | undefined} the file descriptor to hand to child processes; undefined where nothing can lock
 * @throws {SetUpError} naming the run that holds the lock
 */
export function lockClone(root, command) {
  const record = join(root, '.cache', 'running.json');
  const lock = lockDirectory(root);
  if (lock.state === 'busy') {
    throw new SetUpError(
      `${holder(record, root)} is running in ${root}. ` +
        'Two runs would overwrite each other. Stop it first, or use a second clone.',
    );
  }
  if (lock.state === 'unavailable') {
    console.error('Cannot check for another run in this folder: neither flock nor perl works here.');
    return undefined;
  }
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(record, JSON.stringify({ root, command, pid: process.pid }));
  return lock.fd;
}

/**
 * @param {string} record
 * @param {string} root
 */
function holder(record, root) {
  try {
    const running = JSON.parse(readFileSync(record, 'utf8'));
    // A linked .cache may hold the record of another clone.
    if (running.root === root) return `Another ${running.command} (process ${running.pid})`;
  } catch {
    // The other run has not written it yet.
  }
  return 'Another npm start or npm test';
}
