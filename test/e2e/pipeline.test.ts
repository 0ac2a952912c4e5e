import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compressRules } from '../../deploy/local/demo/compress-rules.ts';
import { type Pipeline, startPipeline } from '../../deploy/local/pipeline-servers.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { type Scenario, scenarioSchema } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import type { ReceivedMessage } from '../components/nio-client.ts';
import { writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';
import { auditRoom } from './room-audit.ts';

/** A minute of rule time is a second here. */
const COMPRESSION = 60;
const ROLLOVER_AFTER_SECONDS = 75;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'pipeline-'));

const SCENARIO: Scenario = scenarioSchema.parse({
  accounts: {
    work: {
      shape: 'july',
      windows: {
        seven_day: { resetsIn: 3 * 86_400, durationSeconds: 7 * 86_400, points: [[0, 40]] },
        five_hour: { resetsIn: ROLLOVER_AFTER_SECONDS, durationSeconds: 18_000, points: [[0, 20]] },
      },
    },
  },
});

let room: MatrixRoom;
let simulator: UsageSimulator;
let pipeline: Pipeline;
let startedAt: number;

beforeAll(async () => {
  execFileSync(process.execPath, [join(ROOT, 'deploy/build.mjs')], { stdio: 'inherit' });
  room = await openMatrixRoom(directory);
  simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario: SCENARIO, speed: 1 });
  startedAt = Date.now();
  const home = join(directory, 'configuration');
  const bridgeConfig = writeBridgeConfig(home, room);
  const exporterConfig = join(home, 'exporter.yaml');
  writeFileSync(
    exporterConfig,
    `accounts: [{name: work, credentials: {access_token: token-work}, endpoint: "${simulator.url}"}]\npoll: {interval: 1s}\n`,
  );
  pipeline = await startPipeline({
    ports: {
      exporter: await freePort(),
      bridge: await freePort(),
      prometheus: await freePort(),
      alertmanager: await freePort(),
    },
    node: process.execPath,
    directory: join(directory, 'pipeline'),
    exporterArgs: [`--config.file=${exporterConfig}`],
    bridgeArgs: [`--config.file=${bridgeConfig}`, '--log.level=debug'],
    tokenFile: join(home, 'webhook_token'),
    prometheus: {
      interval: '1s',
      ruleFiles: compressedRules(join(directory, 'rules')),
      // Alerts that Alertmanager missed come again sooner than after the usual minute.
      args: ['--query.lookback-delta=5s', '--rules.alert.for-grace-period=1s', '--rules.alert.resend-delay=15s'],
    },
    alertmanager: { groupWait: '1s', groupInterval: '2s' },
  });
}, 180_000);

afterAll(async () => {
  await pipeline?.stop();
  await simulator?.close();
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

function compressedRules(target: string): string[] {
  const alerts = readdirSync(join(ROOT, 'rules/alerts')).map((name) => join('alerts', name));
  mkdirSync(join(target, 'alerts'), { recursive: true });
  return ['recording.yml', ...alerts].map((name) => {
    const file = join(target, name);
    writeFileSync(file, compressRules(readFileSync(join(ROOT, 'rules', name), 'utf8'), COMPRESSION));
    return file;
  });
}

const isAbout = (alertname: string) => (message: ReceivedMessage) => message.body.includes(alertname);
const isEdit = (message: ReceivedMessage) => message.relatesTo?.rel_type === 'm.replace';
const cards = (alertname: string) =>
  room.reader.messages().filter((message) => isAbout(alertname)(message) && message.relatesTo?.rel_type === undefined);
const waitFor = (predicate: (message: ReceivedMessage) => boolean) => room.reader.waitForMessage(predicate, 30_000);

function setWeek(percent: number): void {
  simulator.control({ account: 'work', utilization: { seven_day: percent } });
}

async function bridgeMetric(series: string): Promise<number> {
  const text = await (await fetch(`${pipeline.bridge.url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

async function untilMetric(series: string, isReached: (value: number) => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!isReached(await bridgeMetric(series))) {
    if (Date.now() > deadline) throw new Error(`${series} stayed at ${await bridgeMetric(series)}`);
    await sleep(200);
  }
}

const WEEK = 'ClaudeUsageThresholdReached';
const duplicates = 'alertmanager_matrix_webhooks_total{receiver="claude-usage-events",outcome="duplicate"}';

describe('from the usage endpoint into the room', { timeout: 120_000 }, () => {
  test('crossing 50 % is one readable message that names account, window, utilization and reset', async () => {
    setWeek(55);
    const card = await waitFor(isAbout(WEEK));
    expect(card).toMatchObject({ encrypted: true, decryptable: true, senderDeviceId: room.login.deviceId });
    expect(card.body).toMatch(/work: 50 % of the week used, resets /);
  });

  test('crossing 80 % changes the same card, and is told in its thread', async () => {
    const [card] = cards(WEEK);
    setWeek(82);
    const thread = await waitFor((message) => isAbout(WEEK)(message) && message.relatesTo?.rel_type === 'm.thread');
    expect(thread.body).toContain('work: 80 % of the week used');
    const edit = room.reader
      .messages()
      .find((message) => isEdit(message) && message.relatesTo?.event_id === card?.eventId);
    expect(edit?.content['m.new_content']).toMatchObject({ body: expect.stringContaining('80 % of the week used') });
    expect(thread.relatesTo?.event_id).toBe(card?.eventId);
    expect(cards(WEEK)).toHaveLength(1);
  });

  test('a restart of Prometheus, and an Alertmanager that lost its notification log, repeat nothing', async () => {
    // The last news of the crossing before.
    await waitFor((message) => message.body.includes('the usage tier is now orange'));
    const before = room.reader.messages().length;
    await pipeline.alertmanager.kill();
    await pipeline.prometheus.stop();
    await pipeline.alertmanager.start();
    await pipeline.prometheus.start();
    await untilMetric(duplicates, (count) => count >= 1);
    await pipeline.alertmanager.stop();
    await pipeline.alertmanager.start();
    setWeek(83);
    await room.reader.waitUntilQuiet(5_000);
    expect(room.reader.messages().slice(before)).toEqual([]);
  });

  test('an exporter that is absent for ten minutes of rule time is reported, and earlier thresholds are not repeated', async () => {
    await pipeline.exporter.stop();
    await waitFor(isAbout('ClaudeUsageExporterDown'));
    await pipeline.exporter.start();
    await waitFor((message) => isEdit(message) && message.body.includes('Resolved: Claude usage exporter'));
    await room.reader.waitUntilQuiet(3_000);
    expect(cards(WEEK)).toHaveLength(1);
  });

  test('a moved reset is one message with the old and the new time, though the bridge is killed meanwhile', async () => {
    const reset = new Date(startedAt + 5 * 86_400_000).toISOString();
    const accepted = 'alertmanager_matrix_webhooks_total{receiver="claude-usage-events",outcome="accepted"}';
    const before = await bridgeMetric(accepted);
    simulator.control({ account: 'work', utilization: { seven_day: 10 }, reset: { seven_day: reset } });
    await untilMetric(accepted, (count) => count > before);
    await pipeline.bridge.kill();
    await pipeline.bridge.start();
    const moved = await waitFor(isAbout('ClaudeUsageResetMoved'));
    expect(moved.body).toMatch(/work: the week now resets .+ instead of /);
    await room.reader.waitUntilQuiet(3_000);
    expect(cards('ClaudeUsageResetMoved')).toHaveLength(1);
  });

  test('a window that ends by itself is silent', async () => {
    const rollover = startedAt + ROLLOVER_AFTER_SECONDS * 1000;
    await sleep(Math.max(0, rollover + 20_000 - Date.now()));
    expect(room.reader.messages().filter(isAbout('five_hour'))).toEqual([]);
  });

  test('nothing of all this is in plain text, unreadable, or encrypted under a used index', async () => {
    const audit = auditRoom(await room.reader.readTimeline(room.roomId), room.login.userId);
    expect(audit).toMatchObject({ plaintext: [], undecryptable: [], reusedIndices: [] });
  });
});
