import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAlertmanager } from '../../deploy/local/alertmanager.ts';
import { compressRules } from '../../deploy/local/demo/compress-rules.ts';
import { alertmanagerConfig, prometheusConfig } from '../../deploy/local/pipeline-config.ts';
import { freePort } from '../../deploy/local/ports.ts';
import type { Server } from '../../deploy/local/process.ts';
import { startPrometheus } from '../../deploy/local/prometheus.ts';
import { RULES_FOLDER } from '../../rules/tests/run-tool.ts';

// A minute of the rules is a second here. What counts is what Alertmanager's receiver gets, before any bridge.

const WEEK = 604_800;
const directory = mkdtempSync(join(tmpdir(), 'delivery-'));

/** The exporter's page; `undefined` while the exporter is down. */
let page: { utilization: number; resetsAt: number; start: number } | undefined;
/** Firing events in the order of their notifications. */
const received: string[] = [];

let exporter: HttpServer;
let receiver: HttpServer;
let prometheus: Server;
let alertmanager: Server;

beforeAll(async () => {
  exporter = await listen((_, respond) => (page ? respond(200, exposition(page)) : respond(503, '')));
  receiver = await listen((body, respond) => {
    // Prometheus scrapes the address of the bridge, too.
    if (body !== '') received.push(...eventsIn(body));
    respond(200, '');
  });
  const ports = {
    exporter: portOf(exporter),
    bridge: portOf(receiver),
    prometheus: await freePort(),
    alertmanager: await freePort(),
  };
  const tokenFile = join(directory, 'token');
  const configs = {
    alertmanager: join(directory, 'alertmanager.yml'),
    prometheus: join(directory, 'prometheus.yml'),
  };
  writeFileSync(tokenFile, 'token');
  writeFileSync(configs.alertmanager, alertmanagerConfig(ports, tokenFile, { groupWait: '1s', groupInterval: '2s' }));
  const ruleFiles = ['recording.yml', 'alerts/thresholds.yml', 'alerts/resets.yml'].map((name) => {
    const file = join(directory, basename(name));
    writeFileSync(file, compressRules(readFileSync(join(RULES_FOLDER, name), 'utf8'), 60));
    return file;
  });
  writeFileSync(configs.prometheus, prometheusConfig(ports, { ruleFiles, interval: '1s' }));
  alertmanager = await startAlertmanager({
    directory: join(directory, 'alertmanager'),
    configFile: configs.alertmanager,
    port: ports.alertmanager,
  });
  const resetsAt = Math.ceil(Date.now() / 60_000) * 60 + 7200;
  page = { utilization: 0.4, resetsAt, start: resetsAt - WEEK };
  prometheus = await startPrometheus({
    directory: join(directory, 'prometheus'),
    configFile: configs.prometheus,
    port: ports.prometheus,
    // As the README says, at this speed: alerts stay in Alertmanager while Prometheus restarts.
    args: ['--query.lookback-delta=5s', '--rules.alert.resend-delay=5s'],
  });
}, 120_000);

afterAll(async () => {
  await prometheus?.stop();
  await alertmanager?.stop();
  exporter?.close();
  receiver?.close();
  await rm(directory, { recursive: true, force: true });
});

test('every threshold and every move is one notification, whatever happens in between', {
  timeout: 400_000,
}, async () => {
  const first = shown().resetsAt;
  set({ utilization: 0.55 });
  await until(`50 ${first}`);

  set({ utilization: 0.45 });
  await ruleMinutes(5);
  set({ utilization: 0.55 });
  for (const outage of [8, 12]) await exporterDown(outage);
  await alertmanager.stop();
  await alertmanager.start();
  await prometheus.stop();
  await ruleMinutes(6);
  await prometheus.start();
  await ruleMinutes(10);
  set({ utilization: 0.85 });
  await until(`80 ${first}`);

  const moved = first + 86_400;
  set({ resetsAt: moved });
  await until(`moved ${moved}`);

  const staged = moved + 40_000;
  for (const step of [moved + 10_000, moved + 20_000, staged]) {
    set({ resetsAt: step });
    await ruleMinutes(4);
  }
  await until(`moved ${staged}`);

  for (let flip = 0; flip < 3; flip++) {
    set({ resetsAt: staged + 50_000 });
    await ruleMinutes(4);
    set({ resetsAt: staged });
    await ruleMinutes(4);
  }
  await ruleMinutes(15);

  // Anthropic resets the window early: a move, and another window with its own thresholds.
  const next = Math.ceil(Date.now() / 60_000) * 60 + WEEK;
  set({ utilization: 0, resetsAt: next, start: next - WEEK });
  await until(`moved ${next}`);
  set({ utilization: 0.6 });
  await until(`50 ${next}`);
  await ruleMinutes(5);

  expect(received).toEqual([
    `50 ${first}`,
    `80 ${first}`,
    `moved ${moved}`,
    `moved ${staged}`,
    `moved ${next}`,
    `50 ${next}`,
  ]);
});

/** Lets time of the rules pass: how long something lasts is what this test is about. */
function ruleMinutes(count: number): Promise<void> {
  return sleep(count * 1000);
}

function shown(): NonNullable<typeof page> {
  if (!page) throw new Error('The exporter is down.');
  return page;
}

function set(change: Partial<NonNullable<typeof page>>): void {
  page = { ...shown(), ...change };
}

async function exporterDown(minutes: number): Promise<void> {
  const before = shown();
  page = undefined;
  await ruleMinutes(minutes);
  page = before;
  await ruleMinutes(3);
}

async function until(event: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!received.includes(event)) {
    if (Date.now() > deadline) throw new Error(`No notification of ${event}. There were: ${received.join(', ')}`);
    await sleep(200);
  }
}

function exposition({ utilization, resetsAt, start }: NonNullable<typeof page>): string {
  const labels = 'account="work",window="seven_day"';
  return [
    `claude_usage_utilization_ratio{${labels}} ${utilization}`,
    `claude_usage_resets_at_timestamp_seconds{${labels}} ${resetsAt + (Math.random() - 0.5) / 2}`,
    `claude_usage_window_start_timestamp_seconds{${labels}} ${start}`,
    `claude_usage_window_duration_seconds{window="seven_day"} ${WEEK}`,
    `claude_usage_threshold_ratio{${labels},threshold="50",severity="info"} 0.5`,
    `claude_usage_threshold_ratio{${labels},threshold="80",severity="warning"} 0.8`,
    '',
  ].join('\n');
}

function eventsIn(body: string): string[] {
  const { alerts } = JSON.parse(body) as { alerts: { status: string; labels: Readonly<Record<string, string>> }[] };
  return alerts.flatMap(({ status, labels }) => {
    if (status !== 'firing' || labels.notify !== 'event') return [];
    return labels.threshold ? [`${labels.threshold} ${labels.window_end}`] : [`moved ${labels.new_resets_at}`];
  });
}

async function listen(
  answer: (body: string, respond: (status: number, text: string) => void) => void,
): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    answer(body, (status, text) => response.writeHead(status).end(text));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

function portOf(server: HttpServer): number {
  return (server.address() as AddressInfo).port;
}
