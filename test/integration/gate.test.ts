import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { DEMO } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { readMetrics, startExporterProcess, untilSeries } from './exporter-process.ts';

const HOUR = 3_600_000;

let directory: string;
let simulator: UsageSimulator;
let exporter: Server;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'gate-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario: DEMO, speed: 1 });
  running.defer(() => simulator.close());
  const account = `{name: demo, endpoint: "${simulator.url}", credentials: {access_token: token-demo}}`;
  exporter = await startExporterProcess(
    directory,
    `accounts: [${account}]
poll: {interval: 1s}
stale_after: 2s
api: {bearer_tokens: [the-token]}
tier: {files: {demo: tier.json}}`,
  );
  running.defer(() => exporter.stop());
  await untilSeries(exporter, 'claude_usage_up{account="demo"}', (up) => up === 1);
});
afterEach(() => running.disposeAsync());

const gate = async () => {
  const response = await fetch(`${exporter.url}/api/v1/accounts/demo/gate`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

async function setCaps(caps: object): Promise<void> {
  await fetch(`${exporter.url}/api/v1/accounts/demo/gate/caps`, {
    method: 'PUT',
    headers: { authorization: 'Bearer the-token' },
    body: JSON.stringify(caps),
  });
}

const isOpen = (wanted: number) =>
  untilSeries(exporter, 'claude_usage_gate_open{account="demo"}', (open) => open === wanted);

test('what closed the gate keeps it closed over failed polls and a SIGKILL, until its window resets', async () => {
  await setCaps({ session_pct: 90, week_pct: null });
  expect(await gate()).toMatchObject({ status: 200, body: { open: true } });
  const resetsAt = new Date(Date.now() + 30_000).toISOString();
  simulator.control({ account: 'demo', utilization: { five_hour: 95 }, reset: { five_hour: resetsAt } });
  await isOpen(0);
  const refused = { status: 503, body: { reason: 'session_threshold', utilization_pct: 95, threshold_pct: 90 } };
  expect(await gate()).toMatchObject(refused);

  simulator.control({ account: 'demo', status: 500 });
  await exporter.kill();
  await exporter.start();
  const utilization = 'claude_usage_utilization_ratio{account="demo",window="five_hour"}';
  await untilSeries(exporter, utilization, (ratio) => ratio === undefined);
  const metrics = await readMetrics(exporter);
  expect(metrics).toContain('claude_usage_gate_open{account="demo"} 0\n');
  expect(metrics).toContain('claude_usage_gate_cap_ratio{account="demo",cap="session"} 0.9\n');
  expect(metrics).not.toContain('claude_usage_gate_cap_ratio{account="demo",cap="week"}');
  expect(await gate()).toMatchObject(refused);
  expect(Date.now()).toBeLessThan(Date.parse(resetsAt));

  await isOpen(1);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(resetsAt) - 1000);
  expect(await gate()).toMatchObject({ status: 200, body: { open: true, stale: true } });
  expect(await readMetrics(exporter)).toContain(
    'claude_usage_gate_refusals_total{account="demo",reason="session_threshold"} 1\n',
  );
});

test('the file of the tier is kept in step, and says when its data are old', async () => {
  const file = join(directory, 'tier.json');
  const until = async (isWanted: (tier: Record<string, unknown>) => boolean) => {
    for (;;) {
      const tier = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
      if (isWanted(tier)) return tier;
      await setTimeout(50);
    }
  };
  const yellow = { account: 'demo', tier: 'yellow', weeklyPercent: expect.closeTo(57, 0), stale: false };
  expect(await until(({ tier }) => tier === 'yellow')).toMatchObject(yellow);
  expect(await readMetrics(exporter)).toContain('claude_usage_tier{account="demo",tier="yellow"} 1\n');
  simulator.control({ account: 'demo', utilization: { seven_day: 85 } });
  const red = await until(({ tier }) => tier === 'red');
  expect(red).toMatchObject({ weeklyPercent: 85, routing: { spawn: ['pro', 'flash', 'glm'] } });
  const answer = await fetch(`${exporter.url}/api/v1/tier`);
  expect(await answer.json()).toMatchObject({ accounts: [{ ...red, fetchedAt: expect.any(String) }] });

  simulator.control({ account: 'demo', status: 500 });
  expect(await until(({ stale }) => stale === true)).toMatchObject({ tier: 'red', weeklyPercent: 85 });
  expect(await readMetrics(exporter)).not.toContain('claude_usage_tier{');
  simulator.control({ account: 'demo', status: null, reset: { seven_day: new Date(Date.now() + HOUR).toISOString() } });
  expect(await until(({ stale }) => stale === false)).toMatchObject({ tier: 'red' });
  expect(readdirSync(directory).filter((name) => name.startsWith('tier'))).toEqual(['tier.json']);
});
