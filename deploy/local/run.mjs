import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @type {NodeJS.Signals[]} */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const HEARTBEAT_MS = 15_000;

/** Set-up cannot continue. The message says what to do and is all that the user sees. */
export class SetUpError extends Error {
  /** @override */
  name = 'SetUpError';
}

/** The user stopped the run while a command was running. */
export class Interrupted extends Error {
  /** @override */
  name = 'Interrupted';
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Runs a command in this terminal and resolves with its exit code, or 128 + N if signal N ended it. Signals that ask
 * this process to stop are forwarded, and the command decides when to end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export async function run(command, args, options = {}) {
  const { exitCode } = await finish(spawn(command, args, { stdio: 'inherit', ...options }));
  return exitCode;
}

/**
 * Runs a step of the set-up quietly. Prints its title, and the elapsed time while it takes long.
 *
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<{ exitCode: number, output: string }>} with standard output and standard error
 * @throws {Interrupted}
 */
export async function runStep(title, command, args, options = {}) {
  if (title !== '') console.log(`${title} …`);
  const started = Date.now();
  const heartbeat = setInterval(() => {
    console.log(`  still running after ${Math.round((Date.now() - started) / 1000)} s`);
  }, HEARTBEAT_MS);
  try {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    const { exitCode, signal } = await finish(child);
    if (signal) throw new Interrupted(signal);
    return { exitCode, output };
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ exitCode: number, signal?: NodeJS.Signals }>} with the signal that was forwarded
 */
function finish(child) {
  return new Promise((resolve, reject) => {
    /** @type {NodeJS.Signals | undefined} */
    let forwarded;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      forwarded = signal;
      child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    const done = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('close', (code, signal) => {
      done();
      resolve({
        exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0),
        ...(forwarded ? { signal: forwarded } : {}),
      });
    });
  });
}
