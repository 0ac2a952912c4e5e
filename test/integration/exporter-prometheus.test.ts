import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { startPrometheus } from '../../deploy/local/prometheus.ts';
import { DEMO } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { readMetrics, startExporterProcess, untilSeries } from './exporter-process.ts';

const running = new AsyncDisposableStack();
let directory: string;
let exporter: Server;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'exporter-prometheus-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  const simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario: DEMO, speed: 1 });
  running.defer(() => simulator.close());
  const account = (name: string, token: string) =>
    `{name: ${name}, endpoint: "${simulator.url}", credentials: {access_token: ${token}}}`;
  const accounts = `accounts: [${account('demo', 'token-demo')}, ${account('refused', 'token-unknown')}]`;
  exporter = await startExporterProcess(join(directory, 'exporter'), accounts);
  running.defer(() => exporter.stop());
  await untilSeries(exporter, 'claude_usage_up{account="demo"}', (up) => up === 1);
  await untilSeries(exporter, 'claude_usage_up{account="refused"}', (up) => up === 0);
});
afterAll(() => running.disposeAsync());

test('promtool has no complaint about the metrics', async () => {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: await readMetrics(exporter),
    encoding: 'utf8',
  });
  if (error) throw new Error("promtool can't be run; it comes with Debian's package prometheus", { cause: error });
  expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: '' });
});

test('Prometheus reads the metrics as OpenMetrics', async () => {
  const configFile = join(directory, 'prometheus.yml');
  const target = exporter.url.replace('http://', '');
  writeFileSync(
    configFile,
    `scrape_configs: [{job_name: claude-usage, scrape_interval: 1s, static_configs: [{targets: ["${target}"]}]}]`,
  );
  const prometheus = await startPrometheus({ directory, configFile });
  running.defer(() => prometheus.stop());
  const query = async (expression: string) => {
    const response = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result.map(({ value }) => value[1]);
  };
  while ((await query('up')).length === 0) await setTimeout(50);
  expect(await query('up')).toEqual(['1']);
  expect(await query('claude_usage_utilization_ratio{window="five_hour"}')).toEqual(['0.42']);
  expect(await query('claude_usage_polls_total{account="refused",outcome="unauthorized"}')).toEqual(['1']);
  // Only OpenMetrics spells the bounds of buckets as floats.
  expect(await query('claude_usage_poll_duration_seconds_bucket{le="20.0"}')).toEqual(['2']);
});
