import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { kill } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { createLineReader } from './line-reader.ts';

/** Flags of an invisible session: no hooks, settings, MCP servers or slash commands, and no transcript. */
const ARGS = [
  ...['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
  ...['--setting-sources', '', '--strict-mcp-config', '--no-session-persistence', '--disable-slash-commands'],
];
const MAX_LINE_BYTES = 1024 * 1024;
const MAX_OUTPUT_BYTES = 8 * MAX_LINE_BYTES;
/** Time to end by itself after its input has ended: it may be writing a refreshed login. */
const END_OF_INPUT_GRACE_MS = 5_000;
/** Time to end after SIGTERM. */
const SIGTERM_GRACE_MS = 2_000;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The result of a session: the first line that `parse` accepts, or the reason that there is none. */
export type SessionResult<Answer> =
  | { readonly answer: Answer }
  | { readonly failure: 'missing' }
  | { readonly failure: 'not_started'; readonly code: string }
  | { readonly failure: 'ended'; readonly status: string }
  | { readonly failure: 'too_much_output'; readonly bytes: number }
  | { readonly failure: 'timeout' };

export interface Session<Answer> {
  readonly command: string;
  readonly env: Environment;
  /** Sent as one line on the program's standard input. */
  readonly request: string;
  readonly parse: (line: string) => Answer | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Starts Claude Code, sends it one request, and ends its whole process group after the answer or a failure.
 * @throws the reason of `signal` if it aborts
 */
export async function runSession<Answer>(session: Session<Answer>): Promise<SessionResult<Answer>> {
  const { command, env, request, signal } = session;
  signal.throwIfAborted();
  const child = spawn(command, ARGS, {
    // Its working directory would be recorded as a project; the home directory is one already.
    cwd: env.HOME !== undefined && existsSync(env.HOME) ? env.HOME : '/',
    env,
    // Its own process group, so that its children end with it.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let patienceMs = 0;
  try {
    // A program that ends early closes its input.
    child.stdin.on('error', () => {});
    child.stdin.write(`${request}\n`);
    const result = await readResult(child, session);
    signal.throwIfAborted();
    if ('answer' in result) patienceMs = END_OF_INPUT_GRACE_MS;
    return result;
  } finally {
    child.stdin.end();
    await closedWithin(closed, patienceMs);
    await endGroup(child, closed);
  }
}

function readResult<Answer>(
  child: ChildProcess,
  { parse, timeoutMs, signal }: Session<Answer>,
): Promise<SessionResult<Answer>> {
  const { promise, resolve } = Promise.withResolvers<SessionResult<Answer>>();
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  timeout.addEventListener('abort', () => resolve({ failure: 'timeout' }), { once: true });
  child.once('error', (error: NodeJS.ErrnoException) =>
    resolve(
      error.code === 'ENOENT' ? { failure: 'missing' } : { failure: 'not_started', code: error.code ?? error.name },
    ),
  );
  const readLines = createLineReader(MAX_LINE_BYTES);
  let bytes = 0;
  const take = (chunk: Uint8Array) => {
    bytes += chunk.length;
    for (const line of readLines(chunk)) {
      const answer = parse(line);
      if (answer !== undefined) return resolve({ answer });
    }
    if (bytes > MAX_OUTPUT_BYTES) resolve({ failure: 'too_much_output', bytes: MAX_OUTPUT_BYTES });
  };
  child.stdout?.on('data', take);
  // Emitted after the whole output was read.
  child.once('close', (code, killedBy) => {
    take(Buffer.from('\n'));
    resolve({ failure: 'ended', status: code === null ? `signal ${killedBy}` : `exit code ${code}` });
  });
  return promise;
}

async function closedWithin(closed: Promise<void>, ms: number): Promise<void> {
  await Promise.race([closed, setTimeout(ms, undefined, { ref: false })]);
}

async function endGroup(child: ChildProcess, closed: Promise<void>): Promise<void> {
  if (child.pid === undefined) return;
  signalGroup(child.pid, 'SIGTERM');
  await closedWithin(closed, SIGTERM_GRACE_MS);
  signalGroup(child.pid, 'SIGKILL');
  child.stdout?.destroy();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(-pid, signal);
  } catch {
    // Nothing of the group is left.
  }
}
