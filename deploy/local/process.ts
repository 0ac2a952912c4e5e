import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogTail } from './log-tail.ts';
import { assertPortIsFree, PortTakenError } from './ports.ts';

export interface ServerOptions {
  /** Its name in error messages. */
  readonly name: string;
  /** Names of its executable. The first one on the PATH is started. */
  readonly commands: readonly string[];
  readonly args: readonly string[];
  readonly workingDirectory: string;
  readonly port: number;
  /** A path that returns 200 when the server is ready. */
  readonly readyPath: string;
  /** Receives its standard output. */
  readonly onOutput?: (text: string) => void;
  /** Called if it ends unexpectedly, with a sentence and its last log lines. */
  readonly onDeath?: (sentence: string) => void;
}

/** A server in a child process on a loopback port. It ends with its parent, even if that is killed. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** Sends SIGTERM, and SIGKILL if the server still runs after ten seconds. */
  stop(): Promise<void>;
  /** Sends SIGKILL. */
  kill(): Promise<void>;
  /** Restarts it on the same port and data after `stop` or `kill`. */
  start(): Promise<void>;
  /** Returns the newest lines that it printed, over all starts. */
  log(): string;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
const STOP_GRACE_MS = 10_000;
const LOG_LINES = 2_000;
const LOG_LINES_IN_ERRORS = 15;

/**
 * Resolves when the server is ready.
 * @throws Error with its last log lines if it does not start
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { name, port } = options;
  const url = `http://127.0.0.1:${port}`;
  const log = createLogTail(LOG_LINES);
  let running: { child: Child; closed: Promise<unknown> } | undefined;

  async function start(): Promise<void> {
    if (running) throw new Error(`${name} is already running.`);
    await assertPortIsFree(port, name);
    const child = await spawnFirstInstalled(options);
    killWithParent(child);
    log.follow(child.stdout);
    if (options.onOutput) child.stdout.on('data', options.onOutput);
    log.follow(child.stderr);
    // "close" comes after "exit" and after the last line of the log.
    const closed = once(child, 'close').then(() => {
      if (isReady && running?.child === child) options.onDeath?.(describeEnd(`${name} ended unexpectedly.`));
      running = undefined;
    });
    let isReady = false;
    running = { child, closed };
    const failure = await untilReady(child, url + options.readyPath);
    if (failure) {
      await end('SIGKILL');
      throw startError(describeEnd(`${name} ${failure}`));
    }
    isReady = true;
  }

  function describeEnd(sentence: string): string {
    return `${sentence} Its last lines were:\n${log.last(LOG_LINES_IN_ERRORS)}`;
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!running) return;
    const { child, closed } = running;
    running = undefined;
    child.kill(signal);
    const forced = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await closed;
    clearTimeout(forced);
  }

  await start();
  return { url, port, start, stop: () => end('SIGTERM'), kill: () => end('SIGKILL'), log: () => log.last(LOG_LINES) };
}

async function spawnFirstInstalled({ name, commands, args, workingDirectory }: ServerOptions): Promise<Child> {
  for (const command of commands) {
    // Detached, so that Ctrl-C in the terminal reaches only the parent, which then stops its servers in order.
    const child = spawn(command, args, { cwd: workingDirectory, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      await once(child, 'spawn');
      return child;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error(`${name} is not installed: found none of ${commands.join(', ')} on the PATH.`);
}

function startError(message: string): Error {
  return /address already in use/i.test(message) ? new PortTakenError(message) : new Error(message);
}

/** Starts a shell that waits on a pipe of the parent and kills the child when the parent ends, even by SIGKILL. */
function killWithParent(child: Child): void {
  const watchdog = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$1"', 'watchdog', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.once('exit', () => watchdog.kill('SIGKILL'));
}

/** Returns undefined when the server is ready, else the problem, to follow the server's name. */
async function untilReady(child: Child, readyUrl: string): Promise<string | undefined> {
  const deadline = AbortSignal.timeout(READY_TIMEOUT_MS);
  while (!deadline.aborted) {
    if (child.signalCode) return `was ended by ${child.signalCode} while starting.`;
    if (child.exitCode !== null) return `exited with code ${child.exitCode} while starting.`;
    const ready = await fetch(readyUrl, { signal: deadline }).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return undefined;
    await delay(READY_POLL_MS);
  }
  return `was not ready after ${READY_TIMEOUT_MS / 1000} s.`;
}
