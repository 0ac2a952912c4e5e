import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import type { AskClaudeCode } from '../src/usage/claude-code/ask-claude-code.ts';

/** Behaviour of the program that plays Claude Code, with the odd sides of the real one. */
export interface StandIn {
  /** Answer to `get_usage`; without it the request is never answered. */
  readonly usage?: unknown;
  /** Answers with an error, as versions do that lack the request. */
  readonly rejects?: boolean;
  /** Lines before the answer. */
  readonly noise?: readonly string[];
  /** Printed on the line of the answer, before it. */
  readonly prefix?: string;
  readonly startsAfterMs?: number;
  /** Ends in the middle of the answer. */
  readonly endsInTheMiddle?: boolean;
  /** Ends with this code before it reads anything. */
  readonly exitCode?: number;
  /** Prints without an end. */
  readonly floods?: boolean;
  readonly ignoresSigterm?: boolean;
  readonly ignoresEndOfInput?: boolean;
  /** Starts a child, which outlives it unless the process group is ended. */
  readonly startsChild?: boolean;
}

/** One run of the stand-in, as it saw it. */
export interface StandInRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly pids: readonly number[];
  readonly requests: readonly unknown[];
  /** Set at an orderly end. */
  readonly savedLogin?: boolean;
}

/** Usage of a subscription as Claude Code reports it. */
export const CLAUDE_USAGE = {
  session: { total_cost_usd: 0 },
  subscription_type: 'max',
  rate_limits_available: true,
  rate_limits: {
    five_hour: { utilization: 42, resets_at: '2099-01-01T05:00:00Z' },
    seven_day: { utilization: 57.5, resets_at: '2099-01-05T00:00:00Z' },
    seven_day_opus: null,
    seven_day_sonnet: { utilization: null, resets_at: null },
    model_scoped: [{ display_name: 'Fable', utilization: 91, resets_at: '2099-01-05T00:00:00Z' }],
    extra_usage: { is_enabled: false, monthly_limit: null, used_credits: null },
  },
  behaviors: null,
};

const PROGRAM = (behaviour: string, log: string) => `
const { spawn } = require('node:child_process');
const { renameSync, writeFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const it = ${behaviour};
const run = { args: process.argv.slice(2), env: process.env, cwd: process.cwd(), pids: [process.pid], requests: [] };
const save = () => {
  // Replaced as a whole, because a test may read it at any time, and kill this program at any time.
  writeFileSync(${log} + '.new', JSON.stringify(run));
  renameSync(${log} + '.new', ${log});
};
if (it.ignoresSigterm) process.on('SIGTERM', () => {});
if (it.startsChild) run.pids.push(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid);
save();
if (it.exitCode !== undefined) process.exit(it.exitCode);
const print = (value) => process.stdout.write((typeof value === 'string' ? value : JSON.stringify(value)) + '\\n');
if (it.floods) setInterval(() => print('x'.repeat(500000)), 1);
setTimeout(() => {
  const input = createInterface({ input: process.stdin });
  input.on('close', () => {
    if (it.ignoresEndOfInput) return;
    run.savedLogin = true;
    save();
    process.exit(0);
  });
  input.on('line', (line) => {
    const { request_id, request } = JSON.parse(line);
    run.requests.push({ ...request, isId: typeof request_id === 'string' });
    save();
    for (const noise of it.noise ?? []) print(noise);
    const answer = (response) => ({ type: 'control_response', response: { ...response, request_id } });
    if (it.rejects) return print(answer({ subtype: 'error', error: 'Unsupported control request subtype: get_usage' }));
    if (it.usage === undefined) return;
    if (it.prefix) process.stdout.write(it.prefix);
    const text = JSON.stringify(answer({ subtype: 'success', response: it.usage }));
    if (!it.endsInTheMiddle) return print(text);
    process.stdout.write(text.slice(0, text.length - 10), () => process.exit(1));
  });
}, it.startsAfterMs ?? 0);
setInterval(() => {}, 1000);
`;

/** Puts a program named `claude` into the directory; returns its path. */
export function installClaude(directory: string, behaviour: StandIn): string {
  const path = join(directory, 'claude');
  const log = JSON.stringify(join(directory, 'claude-run.json'));
  writeFileSync(path, `#!${execPath}\n${PROGRAM(JSON.stringify(behaviour), log)}`);
  chmodSync(path, 0o755);
  return path;
}

/** Returns the last run of the stand-in. */
export function readClaudeRun(directory: string): StandInRun {
  return JSON.parse(readFileSync(join(directory, 'claude-run.json'), 'utf8')) as StandInRun;
}

/** For tests whose accounts must not start a program. */
export const neverAskClaudeCode: AskClaudeCode = () =>
  Promise.reject(new Error('no account of this test asks Claude Code'));
