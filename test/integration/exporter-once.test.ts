import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEMO } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { runExporterCommand } from './exporter-command.ts';
import { startExporterProcess, untilSeries } from './exporter-process.ts';

let directory: string;
let simulator: UsageSimulator;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'once-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario: DEMO, speed: 1 });
  running.defer(() => simulator.close());
});
afterEach(() => running.disposeAsync());

const demo = () => `{name: demo, endpoint: "${simulator.url}", credentials: {access_token: token-demo}}`;
/** An account that is not polled, whose endpoint makes the limits of the real API apply to all. */
const NOT_SIMULATED = '{name: elsewhere, credentials: {none: true}}';

function runOnce(config: string, ...args: string[]) {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, config);
  return runExporterCommand(['once', '--config.file', file, '--storage.path', join(directory, 'data'), ...args]);
}

test('once prints fresh usage with exit code 0, as a table without colours or as JSON', async () => {
  const config = `accounts: [${demo()}]`;
  const { exitCode, out, err } = await runOnce(config);
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toMatch(/^ACCOUNT {2}WINDOW {11}USED {2}RESETS +SOURCE {8}AGE\n/);
  expect(out).toMatch(/\ndemo {5}five_hour +42% {2}in 2h1[12]m \([A-Z].. \d+ [A-Z].. \d\d:\d\d\) +official_api +\ds\n/);
  const json = await runOnce(config, '--json');
  expect(JSON.parse(json.out).accounts[0]).toMatchObject({ account: 'demo', source: 'official_api' });
});

test('without any usage the exit code is 1, with old usage only 4, and wrong usage or configuration is 2', async () => {
  simulator.control({ account: 'demo', status: 503 });
  const failed = await runOnce(`accounts: [${demo()}]`);
  expect(failed.exitCode).toBe(1);
  expect(failed.out).toContain('\ndemo: the last poll failed: the API has a problem (503) (server_error)\n');
  simulator.control({ account: 'demo', status: null });
  expect((await runOnce(`accounts: [${demo()}]`)).exitCode).toBe(0);
  simulator.control({ account: 'demo', status: 503 });
  const stale = await runOnce(`accounts: [${demo()}]`);
  expect(stale.exitCode).toBe(4);
  expect(stale.out).toMatch(/ 42% .* official_api_stale /);
  expect(await runOnce('', '--colour')).toEqual({ exitCode: 2, out: '', err: "error: unknown option '--colour'\n" });
  expect((await runOnce('accounts: []')).exitCode).toBe(2);
});

test('once beside a running exporter asks nobody within the floor, and shows what the exporter has learned', async () => {
  const config = `accounts: [${demo()}, ${NOT_SIMULATED}]`;
  const exporter = await startExporterProcess(directory, config);
  running.defer(() => exporter.stop());
  await untilSeries(exporter, 'claude_usage_up{account="demo"}', (up) => up === 1);
  const { exitCode, out } = await runOnce(config);
  expect(exitCode).toBe(0);
  expect(out).toContain('\ndemo: not polled now, to stay within the request limits; the next poll is possible at ');
  expect(simulator.log()).toHaveLength(1);
});

test('a block that once runs into is kept by the next, and by the exporter', async () => {
  simulator.control({ account: 'demo', status: 429, retryAfter: 600 });
  const config = `accounts: [${demo()}, ${NOT_SIMULATED}]`;
  expect((await runOnce(config)).exitCode).toBe(1);
  const second = await runOnce(config);
  expect(second.out).toContain('\ndemo: not polled now, the API requested a pause; the next poll is possible at ');
  const exporter = await startExporterProcess(directory, config);
  running.defer(() => exporter.stop());
  const blocked = 'claude_usage_blocked_until_timestamp_seconds{account="demo"}';
  expect(await untilSeries(exporter, blocked, (time) => time !== undefined)).toBeGreaterThan(Date.now() / 1000 + 1000);
  expect(simulator.log()).toHaveLength(1);
});

test('several at once on a new storage all succeed', async () => {
  const config = `accounts: [${demo()}]`;
  const results = await Promise.all([1, 2, 3, 4].map(() => runOnce(config)));
  expect(results.map(({ exitCode, err }) => [exitCode, err])).toEqual(Array(4).fill([0, '']));
});
