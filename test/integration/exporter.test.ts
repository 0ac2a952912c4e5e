import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { DEMO, type Scenario } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { EXPORTER_MAIN, readMetrics, readSeries, startExporterProcess, untilSeries } from './exporter-process.ts';

const ACCOUNTS = ['good', 'limited', 'refused', 'forbidden', 'slow', 'cut', 'html', 'wrong', 'partial'];

let directory: string;
let simulator: UsageSimulator;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'exporter-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  const demo = DEMO.accounts.demo;
  if (!demo) throw new Error('the demo scenario has no account demo');
  const scenario: Scenario = { accounts: Object.fromEntries(ACCOUNTS.map((name) => [name, demo])) };
  simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario, speed: 1 });
  running.defer(() => simulator.close());
});
afterEach(() => running.disposeAsync());

async function start(config: string): Promise<Server> {
  const exporter = await startExporterProcess(directory, config);
  running.defer(() => exporter.stop());
  return exporter;
}

function account(name: string): string {
  return `{name: ${name}, endpoint: "${simulator.url}", credentials: {access_token: token-${name}}}`;
}

/** An account that is never asked for, whose endpoint makes the limits of the real API apply to all. */
const NOT_SIMULATED = '{name: elsewhere, credentials: {claude_config_dir: nowhere}}';

describe('each failure is a reason of one account', () => {
  test('and none of them reaches the others', async () => {
    simulator.control({ account: 'limited', status: 429, retryAfter: 1600 });
    simulator.control({ account: 'refused', status: 401 });
    simulator.control({ account: 'forbidden', status: 403 });
    simulator.control({ account: 'slow', delayMs: 120_000 });
    simulator.control({ account: 'cut', truncate: true });
    simulator.control({ account: 'html', body: '<html>token-html</html>' });
    simulator.control({ account: 'wrong', body: '{"five_hour": {"utilization": "57", "resets_at": null}}' });
    simulator.control({
      account: 'partial',
      body: '{"five_hour": {"utilization": "57", "resets_at": null}, "seven_day": {"utilization": 30, "resets_at": null}}',
    });
    const expired = join(directory, 'expired');
    mkdirSync(expired);
    const login = { accessToken: 'token-good', expiresAt: Date.parse('2026-01-01T00:00:00Z') };
    writeFileSync(join(expired, '.credentials.json'), JSON.stringify({ claudeAiOauth: login }));
    const accounts = [
      ...ACCOUNTS.map(account),
      `{name: expired, endpoint: "${simulator.url}", credentials: {claude_config_dir: expired}}`,
      `{name: absent, endpoint: "${simulator.url}", credentials: {oauth_tokens_dir: absent}}`,
    ];
    const exporter = await start(`accounts: [${accounts.join(', ')}]\npoll: {interval: 1s}`);

    const outcomes = {
      good: ['success', null],
      limited: ['rate_limited', 'the API limits the request rate (429)'],
      refused: ['unauthorized', 'the API rejects the access token (401); configure a new one'],
      forbidden: [
        'forbidden',
        'this login may not read its usage (403); use a full login (`claude`, then `/login`), or set `none: true` and feed the account with `claude-usage-exporter events`',
      ],
      slow: ['timeout', 'no complete answer within 15 s'],
      cut: ['truncated', 'the answer broke off (UND_ERR_SOCKET)'],
      html: ['not_json', 'the body (23 characters) is not JSON'],
      wrong: ['wrong_shape', 'five_hour.utilization: must be a number'],
      partial: ['success', null],
      expired: [
        'token_expired',
        `the access token in ${join(directory, 'expired', '.credentials.json')} expired at 2026-01-01T00:00:00.000Z; log in with Claude Code: run \`claude\`, then \`/login\``,
      ],
      absent: [
        'no_credentials',
        `${join(directory, 'absent', 'accessToken')} does not exist; put accessToken and expiresAt of a login there`,
      ],
    };
    for (const [name, [outcome]] of Object.entries(outcomes)) {
      const series = `claude_usage_polls_total{account="${name}",outcome="${outcome}"}`;
      await untilSeries(exporter, series, (count = 0) => count > 0);
    }
    const answer = await (await fetch(`${exporter.url}/api/v1/usage`)).text();
    const { accounts: told } = JSON.parse(answer) as {
      accounts: { account: string; last_poll: { outcome: string; detail: string | null } }[];
    };
    expect(
      Object.fromEntries(told.map(({ account, last_poll }) => [account, [last_poll.outcome, last_poll.detail]])),
    ).toEqual(outcomes);

    const metrics = await readMetrics(exporter);
    expect(metrics).toContain('claude_usage_utilization_ratio{account="good",window="five_hour"} 0.42');
    expect(metrics).toContain('claude_usage_utilization_ratio{account="partial",window="seven_day"} 0.3');
    expect(metrics).not.toContain('claude_usage_utilization_ratio{account="partial",window="five_hour"}');
    expect(metrics).toMatch(/claude_usage_schema_errors_total\{account="partial",section="five_hour"\} [1-9]/);
    expect(metrics.match(/^claude_usage_up.* 1$/gm)).toEqual([
      'claude_usage_up{account="good"} 1',
      'claude_usage_up{account="partial"} 1',
    ]);
    const page = await (await fetch(`${exporter.url}/`)).text();
    expect([metrics, page, answer, exporter.log()].join()).not.toContain('token-');
  });
});

describe('a restart by SIGKILL', () => {
  test('keeps the last usage with its age, and waits out a block', async () => {
    const exporter = await start(`accounts: [${account('good')}]\npoll: {interval: 1s}`);
    await untilSeries(exporter, 'claude_usage_up{account="good"}', (up) => up === 1);
    simulator.control({ account: 'good', status: 429, retryAfter: 60 });
    const blocked = 'claude_usage_blocked_until_timestamp_seconds{account="good"}';
    const blockedUntil = await untilSeries(exporter, blocked, (time) => time !== undefined);
    const lastSuccess = await readSeries(exporter, 'claude_usage_last_success_timestamp_seconds{account="good"}');
    const requests = simulator.log().length;

    await exporter.kill();
    simulator.control({ account: 'good', status: null });
    await exporter.start();
    const metrics = await readMetrics(exporter);
    expect(metrics).toContain(`${blocked} ${blockedUntil}\n`);
    expect(metrics).toContain(`claude_usage_last_success_timestamp_seconds{account="good"} ${lastSuccess}\n`);
    expect(metrics).toContain('claude_usage_utilization_ratio{account="good",window="five_hour"} 0.42\n');
    expect(metrics).toContain('claude_usage_source{account="good",source="official_api_stale"} 1\n');
    expect(metrics).toContain('claude_usage_up{account="good"} 0\n');
    expect(simulator.log()).toHaveLength(requests);
  });

  test('keeps the budget and the first start', async () => {
    const exporter = await start(`accounts: [${account('good')}, ${NOT_SIMULATED}]`);
    const budget = 'claude_usage_poll_budget_remaining{account="good"}';
    await untilSeries(exporter, budget, (remaining) => remaining === 19);
    const armed = await readSeries(exporter, 'claude_usage_armed_timestamp_seconds');
    for (let restart = 0; restart < 3; restart += 1) {
      await exporter.kill();
      await exporter.start();
    }
    expect(await readSeries(exporter, budget)).toBe(19);
    expect(await readSeries(exporter, 'claude_usage_armed_timestamp_seconds')).toBe(armed);
    expect(simulator.log()).toHaveLength(1);
  });
});

test('a scrape never polls', async () => {
  const exporter = await start(`accounts: [${account('good')}, ${NOT_SIMULATED}]`);
  await untilSeries(exporter, 'claude_usage_up{account="good"}', (up) => up === 1);
  await Promise.all(Array.from({ length: 100 }, () => readMetrics(exporter)));
  await fetch(`${exporter.url}/`);
  await fetch(`${exporter.url}/api/v1/usage`);
  expect(simulator.log()).toEqual([
    expect.objectContaining({
      path: '/api/oauth/usage',
      account: 'good',
      userAgent: 'claude-usage-exporter/0.0.0-source',
    }),
  ]);
});

test('SIGTERM in the middle of a poll ends it with exit code 0', async () => {
  simulator.control({ account: 'slow', delayMs: 120_000 });
  const config = join(directory, 'config.yaml');
  writeFileSync(config, `accounts: [${account('slow')}]`);
  const args = ['--config.file', config, '--storage.path', directory, '--web.listen-address', '127.0.0.1:0'];
  const exporter = spawn(process.execPath, [EXPORTER_MAIN, ...args], { stdio: 'ignore' });
  running.defer(() => void exporter.kill('SIGKILL'));
  while (simulator.log().length === 0) await setTimeout(20);
  exporter.kill('SIGTERM');
  expect(await once(exporter, 'exit')).toEqual([0, null]);
});

test('without configuration and login it runs, and says what to do', async () => {
  // Whoever runs the tests may be logged in.
  vi.stubEnv('CLAUDE_CONFIG_DIR', directory);
  running.defer(() => void vi.unstubAllEnvs());
  const exporter = await start('');
  await untilSeries(exporter, 'claude_usage_up{account="default"}', (up) => up === 0);
  expect(exporter.log()).toContain(
    '.credentials.json does not exist; log in with Claude Code: run `claude`, then `/login`',
  );
  const page = await (await fetch(`${exporter.url}/`)).text();
  expect(page).toContain('.credentials.json does not exist.');
  expect(page).toContain('<p class="next">Log in with Claude Code: run `claude`, then `/login`.</p>');
});
