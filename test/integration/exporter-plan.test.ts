import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capturedBody } from 'claude-usage-exporter/test/captured-body.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { DEMO, type Scenario } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { readMetrics, readSeries, startExporterProcess, untilSeries } from './exporter-process.ts';

const ACCOUNTS = ['usd', 'eur', 'jpy', 'enterprise'];

let directory: string;
let simulator: UsageSimulator;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'plan-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  const demo = DEMO.accounts.demo;
  if (!demo) throw new Error('the demo scenario has no account demo');
  const scenario: Scenario = { accounts: Object.fromEntries(ACCOUNTS.map((name) => [name, demo])) };
  simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario, speed: 1 });
  running.defer(() => simulator.close());
});
afterEach(() => running.disposeAsync());

async function start(names: readonly string[]): Promise<Server> {
  const accounts = names.map(
    (name) => `{name: ${name}, endpoint: "${simulator.url}", credentials: {access_token: token-${name}}}`,
  );
  const exporter = await startExporterProcess(directory, `accounts: [${accounts.join(', ')}]\npoll: {interval: 1s}`);
  running.defer(() => exporter.stop());
  return exporter;
}

const profilesAsked = () => simulator.log().filter(({ path }) => path === '/api/oauth/profile').length;

test('the plan is asked for once, is known after a restart, and tells nothing of the person', async () => {
  const exporter = await start(['usd']);
  const plan = 'claude_usage_plan_info{account="usd",plan="claude_max",rate_limit_tier="default_claude_max_5x"}';
  await untilSeries(exporter, plan, (value) => value === 1);
  await exporter.kill();
  await exporter.start();
  expect(await readSeries(exporter, plan)).toBe(1);
  const polls = 'claude_usage_polls_total{account="usd",outcome="success"}';
  await untilSeries(exporter, polls, (count = 0) => count >= 2);
  expect(profilesAsked()).toBe(1);
  const usage = await (await fetch(`${exporter.url}/api/v1/usage`)).json();
  expect(usage).toMatchObject({ accounts: [{ plan: 'claude_max', rate_limit_tier: 'default_claude_max_5x' }] });
  const database = ['history.sqlite', 'history.sqlite-wal'].map((name) => readFileSync(join(directory, 'data', name)));
  expect([await readMetrics(exporter), exporter.log(), ...database].join()).not.toContain('@example.org');
});

test('a 403 on the profile pauses the usage endpoint as well, and the usage stays', async () => {
  simulator.control({ account: 'usd', profileStatus: 403 });
  const exporter = await start(['usd', 'eur']);
  const polls = (account: string) => `claude_usage_polls_total{account="${account}",outcome="success"}`;
  await untilSeries(exporter, polls('usd'), (count) => count === 1);
  await untilSeries(exporter, polls('eur'), (count = 0) => count >= 5);
  expect(await readSeries(exporter, polls('usd'))).toBe(1);
  expect(exporter.log()).toContain(
    'level=info msg="plan request failed, next attempt tomorrow" account=usd detail="this login may not read its usage (403)"',
  );
  const metrics = await readMetrics(exporter);
  expect(metrics).toContain('claude_usage_up{account="usd"} 1\n');
  expect(metrics).toContain('claude_usage_utilization_ratio{account="usd",window="five_hour"}');
  expect(metrics).not.toContain('claude_usage_plan_info{account="usd"');
});

test('extra usage leaves in major units of its currency, and what is unlimited or unknown is absent', async () => {
  for (const name of ACCOUNTS) {
    const body = JSON.stringify(capturedBody(`extra-${name}`));
    simulator.control({ account: name, body });
  }
  const exporter = await start(ACCOUNTS);
  for (const name of ACCOUNTS) {
    await untilSeries(exporter, `claude_usage_extra_enabled{account="${name}"}`, (enabled) => enabled === 1);
  }
  expect((await readMetrics(exporter)).match(/^claude_usage_extra_(limit|used)\{.*$/gm)).toEqual([
    'claude_usage_extra_limit{account="usd",currency="USD"} 300',
    'claude_usage_extra_limit{account="eur",currency="EUR"} 50',
    'claude_usage_extra_limit{account="jpy",currency="JPY"} 5000',
    'claude_usage_extra_used{account="usd",currency="USD"} 105.87',
    'claude_usage_extra_used{account="eur",currency="EUR"} 12.34',
    'claude_usage_extra_used{account="jpy",currency="JPY"} 1234',
  ]);
});
