import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import type { UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { EXPORTER_MAIN, readSeries, startExporterProcess, untilSeries } from './exporter-process.ts';
import {
  createLogin,
  expectNoTokens,
  refreshingConfig,
  runUntilKilled,
  spawnExporter,
  startSimulator,
  tradedIn,
  wasUsed,
} from './owned-login.ts';

const REFRESHES = (outcome: string) => `claude_usage_token_refreshes_total{account="work",outcome="${outcome}"}`;
const POLLS = (outcome: string) => `claude_usage_polls_total{account="work",outcome="${outcome}"}`;

let directory: string;
let simulator: UsageSimulator;
let login: ReturnType<typeof createLogin>;
let config: string;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'login-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  simulator = await startSimulator();
  running.defer(() => simulator.close());
  login = createLogin(join(directory, 'login'));
  config = refreshingConfig(simulator.url, `{oauth_tokens_dir: ${login.directory}}`);
});
afterEach(() => running.disposeAsync());

async function start(name = 'exporter', text = config): Promise<Server> {
  const exporter = await startExporterProcess(join(directory, name), text);
  running.defer(() => exporter.stop());
  return exporter;
}

const kill = (point: Parameters<typeof runUntilKilled>[2]) =>
  runUntilKilled(join(directory, 'exporter'), config, point);

async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await setTimeout(10);
}

test('a login that is due is refreshed before it is used, and once', async () => {
  const exporter = await start();
  await untilSeries(exporter, POLLS('success'), (polls = 0) => polls >= 3);
  expect(tradedIn(simulator)).toEqual(['refresh-work']);
  expect(login.tokens()).toEqual(['token-work-1', 'refresh-work-1']);
  expect(wasUsed(simulator, 'token-work')).toBe(false);
  expect(await readSeries(exporter, REFRESHES('success'))).toBe(1);
  expect(await readSeries(exporter, 'claude_usage_access_token_expiry_timestamp_seconds{account="work"}')).toBe(
    Number(login.read('expiresAt')) / 1000,
  );
  const { userAgent } = simulator.log().find(({ path }) => path === '/v1/oauth/token') ?? {};
  expect(userAgent).toBe('refresher/1');
  await expectNoTokens(exporter);
});

describe('after a kill', () => {
  test('before the request, the next start refreshes the login', async () => {
    const output = await kill('before the request');
    expect(tradedIn(simulator)).toEqual([]);
    const exporter = await start();
    await until(() => wasUsed(simulator, 'token-work-1'));
    expect(tradedIn(simulator)).toEqual(['refresh-work']);
    await expectNoTokens(exporter, output);
  });

  test('after the answer, which is lost, the old access token is used while it lives; then one must log in again', async () => {
    const output = await kill('after the answer');
    expect(tradedIn(simulator)).toEqual(['refresh-work']);
    expect(login.tokens()).toEqual(['token-work', 'refresh-work']);

    const exporter = await start();
    await untilSeries(exporter, POLLS('success'), (polls = 0) => polls >= 3);
    expect(wasUsed(simulator, 'token-work')).toBe(true);
    const reason = 'the refresh token is no longer valid (invalid_grant)';
    expect(exporter.log()).toContain(`detail="${reason}; log in again, and put the new login into ${login.directory}"`);
    login.put('expiresAt', '1782129600000');
    await untilSeries(exporter, POLLS('token_expired'), (polls = 0) => polls >= 2);
    const page = await (await fetch(exporter.url)).text();
    expect(page).toContain(`the access token in ${login.directory} expired at 2026-06-22T12:00:00.000Z; ${reason}.`);
    expect(page).toContain(`<p class="next">Log in again, and put the new login into ${login.directory}.</p>`);
    expect(tradedIn(simulator)).toEqual(['refresh-work', 'refresh-work']);
    expect(await readSeries(exporter, REFRESHES('invalid_grant'))).toBe(1);
    await expectNoTokens(exporter, output);
  });

  // The order is refreshToken, accessToken, expiresAt.
  test.each([
    ['before file 1', ['token-work', 'refresh-work']],
    ['before file 2', ['token-work', 'refresh-work-1']],
    ['before file 3', ['token-work-1', 'refresh-work-1']],
    ['before the use', ['token-work-1', 'refresh-work-1']],
  ] as const)('%s, the answer on disk is gone on with', async (point, tokens) => {
    const output = await kill(point);
    expect(login.tokens()).toEqual(tokens);
    const exporter = await start();
    await until(() => wasUsed(simulator, 'token-work-1'));
    expect(login.tokens()).toEqual(['token-work-1', 'refresh-work-1']);
    expect(Number(login.read('expiresAt'))).toBeGreaterThan(Date.now() + 7 * 3_600_000);
    expect(tradedIn(simulator)).toEqual(['refresh-work']);
    expect(wasUsed(simulator, 'token-work')).toBe(false);
    await expectNoTokens(exporter, output);
  });

  test('between the files, with its storage lost, another start still has a login that works', async () => {
    await kill('before file 2');
    const exporter = await start('another');
    await until(() => wasUsed(simulator, 'token-work-2'));
    expect(tradedIn(simulator)).toEqual(['refresh-work', 'refresh-work-1']);
    await exporter.stop();

    // The first one comes back, and must not put its older tokens there.
    const back = await start();
    await untilSeries(back, 'claude_usage_up{account="work"}', (up) => up === 1);
    expect(login.tokens()).toEqual(['token-work-2', 'refresh-work-2']);
    expect(tradedIn(simulator)).toHaveLength(2);
    await expectNoTokens(back);
  });
});

test('two exporters of one directory refresh it once, and both go on with the new token', async () => {
  simulator.control({ account: 'work', refresh: { hold: true } });
  const config = (name: string) => refreshingConfig(simulator.url, `{oauth_tokens_dir: ${login.directory}}`, name);
  const exporters = await Promise.all([start('one', config('one')), start('two', config('two'))]);
  const users = (token: string) =>
    new Set(simulator.log().flatMap((request) => (request.token === token ? [request.userAgent] : [])));
  // Whoever came second uses the old one meanwhile.
  await until(() => users('token-work').size === 1);
  simulator.control({ account: 'work', refresh: null });
  await until(() => users('token-work-1').size === 2);
  expect(tradedIn(simulator)).toEqual(['refresh-work']);
  for (const exporter of exporters) await expectNoTokens(exporter);
});

test('a stop waits for the answer, which is put in its place', async () => {
  simulator.control({ account: 'work', refresh: { hold: true } });
  const exporter = spawnExporter(join(directory, 'exporter'), config);
  running.defer(() => void exporter.child.kill('SIGKILL'));
  await until(() => tradedIn(simulator).length === 1);
  exporter.child.kill('SIGTERM');
  await until(() => exporter.output().includes('msg=stopping'));
  simulator.control({ account: 'work', refresh: null });
  expect(await once(exporter.child, 'close')).toEqual([0, null]);
  expect(login.tokens()).toEqual(['token-work-1', 'refresh-work-1']);
});

test('`once` refreshes a login too, and says what keeps it from that', async () => {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, config);
  const once = async () => {
    const args = [EXPORTER_MAIN, 'once', '--config.file', file, '--storage.path', directory];
    return (await promisify(execFile)(process.execPath, args)).stderr;
  };
  expect(await once()).toBe('');
  expect(login.tokens()).toEqual(['token-work-1', 'refresh-work-1']);
  login.put('refreshToken', 'refresh-work');
  login.put('expiresAt', String(Date.now() + 60_000));
  expect(await once()).toBe(
    `work: the refresh token is no longer valid (invalid_grant); log in again, and put the new login into ${login.directory}\n`,
  );
});

test.each([
  ['429', { status: 429, retryAfter: 900 }, 'rate_limited', 'the token endpoint limits the request rate (429)'],
  ['500', { status: 500 }, 'server_error', 'the token endpoint has a problem (500)'],
  [
    'nonsense',
    { body: '<html>refresh-work</html>' },
    'malformed_answer',
    'the answer of the token endpoint contains no tokens',
  ],
  ['no answer', { hold: true }, 'timeout', 'no complete answer within 15 s'],
])('%s from the token endpoint is waited out, with the old access token', async (_name, refresh, outcome, detail) => {
  simulator.control({ account: 'work', refresh });
  const exporter = await start();
  await untilSeries(exporter, POLLS('success'), (polls = 0) => polls >= 3);
  expect(await readSeries(exporter, REFRESHES(outcome))).toBe(1);
  expect(exporter.log()).toContain(`the refresh failed: ${detail}; the next attempt is at 20`);
  await exporter.kill();
  await exporter.start();
  await untilSeries(exporter, POLLS('success'), (polls = 0) => polls >= 1);
  expect(tradedIn(simulator)).toHaveLength(1);
  await expectNoTokens(exporter);
});
