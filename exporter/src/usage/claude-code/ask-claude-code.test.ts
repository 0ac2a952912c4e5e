import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLAUDE_USAGE, installClaude, readClaudeRun, type StandIn } from '../../../test/claude-stand-in.ts';
import { parseUsageBody } from '../usage-body.ts';
import { createAskClaudeCode } from './ask-claude-code.ts';

// Each test starts a program, on a machine that may be busy.
const SLOW = { timeout: 60_000 };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'claude-code-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function ask(behaviour: StandIn, more: { timeoutMs?: number; env?: object; signal?: AbortSignal } = {}) {
  installClaude(directory, behaviour);
  const env = { HOME: directory, PATH: `${directory}:/usr/bin:/bin`, ...more.env };
  const askClaudeCode = createAskClaudeCode(env, more.timeoutMs ?? 50_000);
  return askClaudeCode({ command: 'claude' }, more.signal ?? new AbortController().signal);
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function untilAllEnded(): Promise<void> {
  while (readClaudeRun(directory).pids.some(isAlive)) await setTimeout(10);
}

/** Waits until the stand-in has logged its start. */
async function untilStarted(): Promise<void> {
  while (!existsSync(join(directory, 'claude-run.json'))) await setTimeout(10);
}

describe('the answer of Claude Code', SLOW, () => {
  test('becomes a usage body, with the plan', async () => {
    const answer = await ask({ usage: CLAUDE_USAGE });
    expect(answer).toMatchObject({ ok: true, plan: { plan: 'claude_max' } });
    const report = parseUsageBody(answer.ok && answer.body, Date.now());
    expect(report).toMatchObject({ schemaErrors: [], unknownKeys: [], extraUsage: { enabled: false } });
    expect(report?.windows.map(({ window, percent }) => [window, percent])).toEqual([
      ['five_hour', 42],
      ['seven_day', 57.5],
      ['seven_day_fable', 91],
    ]);
  });

  test('is found among noise, after a slow start', async () => {
    const noise = ['Warning: no TTY', '{"type":"system","subtype":"init"}', '', '{"type":"control_response"}', '{'];
    expect(await ask({ usage: CLAUDE_USAGE, noise, startsAfterMs: 300 })).toMatchObject({ ok: true });
  });

  test.each(['\x1b]0;claude\x07', '\ufeff'])('is found after %j on its line', async (prefix) => {
    expect(await ask({ usage: CLAUDE_USAGE, prefix })).toMatchObject({ ok: true });
  });

  test('from a cache has no list of models, which is no empty list', async () => {
    const { model_scoped: _models, ...rate_limits } = CLAUDE_USAGE.rate_limits;
    const answer = await ask({ usage: { ...CLAUDE_USAGE, rate_limits } });
    expect(answer.ok && answer.body).not.toHaveProperty('limits');
    const none = await ask({ usage: { ...CLAUDE_USAGE, rate_limits: { ...rate_limits, model_scoped: [] } } });
    expect(none).toMatchObject({ body: { limits: [] } });
  });

  test('with a fault in one part keeps the rest', async () => {
    const rate_limits = { ...CLAUDE_USAGE.rate_limits, five_hour: 'much', model_scoped: [{ display_name: 7 }] };
    const answer = await ask({ usage: { ...CLAUDE_USAGE, subscription_type: 'a b', rate_limits } });
    expect(answer).not.toHaveProperty('plan');
    const report = parseUsageBody(answer.ok && answer.body, Date.now());
    expect(report?.windows.map(({ window }) => window)).toEqual(['seven_day']);
    expect(report?.schemaErrors.map(({ section }) => section)).toEqual(['five_hour', 'limits']);
  });
});

test('the session is invisible: no hooks, no turn, no token, no directory', SLOW, async () => {
  const env = {
    USER: 'mika',
    HTTPS_PROXY: 'http://proxy.example:3128',
    CLAUDE_CONFIG_DIR: join(directory, '.claude'),
    ANTHROPIC_API_KEY: 'planted',
    CLAUDE_CODE_OAUTH_TOKEN: 'planted',
    CLAUDE_USAGE_API_TOKEN: 'planted',
    NODE_OPTIONS: '--no-warnings',
  };
  await ask({ usage: CLAUDE_USAGE }, { env });
  const run = readClaudeRun(directory);
  expect(run.args.join(' ')).toBe(
    '-p --input-format stream-json --output-format stream-json --verbose --setting-sources  --strict-mcp-config --no-session-persistence --disable-slash-commands',
  );
  expect(run.requests).toEqual([{ subtype: 'get_usage', skip_behaviors: true, isId: true }]);
  expect(run.env).toMatchObject({ USER: 'mika', HTTPS_PROXY: 'http://proxy.example:3128', HOME: directory });
  expect(Object.values(run.env)).not.toContain('planted');
  expect(run.env).not.toHaveProperty('CLAUDE_CONFIG_DIR');
  expect(run.env).not.toHaveProperty('NODE_OPTIONS');
  expect(run.cwd).toBe(directory);
});

test('another directory is passed on', SLOW, async () => {
  installClaude(directory, { usage: CLAUDE_USAGE });
  const askClaudeCode = createAskClaudeCode({ HOME: directory, PATH: directory, CLAUDE_CONFIG_DIR: '/else' });
  const command = join(directory, 'claude');
  const directoryOf = async (configDirectory?: string) => {
    const { signal } = new AbortController();
    await askClaudeCode({ command, ...(configDirectory ? { configDirectory } : {}) }, signal);
    return readClaudeRun(directory).env.CLAUDE_CONFIG_DIR;
  };
  expect(await directoryOf('/work')).toBe('/work');
  expect(await directoryOf()).toBe('/else');
  expect(await directoryOf(join(directory, '.claude/'))).toBeUndefined();
});

describe('a failure has its own reason', SLOW, () => {
  test.each<[string, StandIn, object]>([
    [
      'a version without the request',
      { rejects: true },
      {
        reason: 'program_failed',
        detail: 'Claude Code rejects the request for its usage; update Claude Code',
      },
    ],
    [
      'an end before the answer',
      { exitCode: 7 },
      { reason: 'program_failed', detail: 'claude ended with exit code 7 before it answered; update Claude Code' },
    ],
    [
      'an end in the middle of the answer',
      { usage: CLAUDE_USAGE, endsInTheMiddle: true },
      { reason: 'program_failed', detail: 'claude ended with exit code 1 before it answered; update Claude Code' },
    ],
    [
      'a flood',
      { floods: true },
      { reason: 'too_large', detail: 'claude printed more than 8388608 bytes without an answer' },
    ],
    [
      'no subscription',
      { usage: { ...CLAUDE_USAGE, rate_limits_available: false, rate_limits: null } },
      { reason: 'not_subscribed', detail: expect.stringContaining('log in with Claude Code') },
    ],
    [
      'no usage at present',
      { usage: { ...CLAUDE_USAGE, rate_limits: null } },
      { reason: 'program_failed', detail: 'Claude Code does not know the usage at present' },
    ],
    [
      'another format',
      { usage: { limits: [] } },
      { reason: 'wrong_shape', detail: 'the answer of Claude Code is not in the expected format' },
    ],
  ])('%s', async (_name, behaviour, failure) => {
    expect(await ask(behaviour)).toEqual({ ok: false, ...failure });
    await untilAllEnded();
  });

  test('a program that is not installed', async () => {
    const askClaudeCode = createAskClaudeCode({ HOME: directory, PATH: directory });
    expect(await askClaudeCode({ command: 'claude' }, new AbortController().signal)).toEqual({
      ok: false,
      reason: 'program_missing',
      detail: 'the program claude does not exist; install Claude Code, or set `claude_code: {command: PATH}`',
    });
    writeFileSync(join(directory, 'claude'), 'not a program', { mode: 0o644 });
    expect(await askClaudeCode({ command: 'claude' }, new AbortController().signal)).toMatchObject({
      reason: 'program_failed',
      detail: 'the program claude cannot be started (EACCES)',
    });
  });
});

describe('nothing of the program outlives the request', SLOW, () => {
  test('after an answer, and it has the time to end in order', async () => {
    await ask({ usage: CLAUDE_USAGE, startsChild: true });
    await untilAllEnded();
    expect(readClaudeRun(directory)).toMatchObject({ savedLogin: true });
  });

  test('after an answer, though it ignores the end of its input', async () => {
    expect(await ask({ usage: CLAUDE_USAGE, ignoresEndOfInput: true })).toMatchObject({ ok: true });
    await untilAllEnded();
  });

  test('after a time-out, though it ignores SIGTERM', async () => {
    const behaviour = { startsChild: true, ignoresSigterm: true, ignoresEndOfInput: true };
    expect(await ask(behaviour, { timeoutMs: 2_000 })).toEqual({
      ok: false,
      reason: 'timeout',
      detail: 'no answer from claude within 2 s; update Claude Code',
    });
    await untilAllEnded();
  });

  test('after a stop of the exporter', async () => {
    const stopping = new AbortController();
    const asking = ask({ startsChild: true }, { signal: stopping.signal });
    await untilStarted();
    stopping.abort(new Error('stopping'));
    await expect(asking).rejects.toThrow('stopping');
    await untilAllEnded();
  });
});
