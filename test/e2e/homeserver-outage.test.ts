import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bridge } from '../../bridge/src/app.ts';
import { notification, post } from './alerts.ts';
import { startBridgeInProcess } from './bridge-in-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';
import { auditRoom } from './room-audit.ts';

const FAILED_SENDS = 120;
/** Falls into the outage, where the key of the next session can't be shared. From there on the SDK's own patience makes each failure slow. */
const ROTATION_AFTER = FAILED_SENDS - 3;
const directory = mkdtempSync(join(tmpdir(), 'bridge-outage-'));
const log: string[] = [];
let room: MatrixRoom;
let bridge: Bridge;

beforeAll(async () => {
  room = await openMatrixRoom(directory, { rotationPeriodMsgs: ROTATION_AFTER });
  bridge = await startBridgeInProcess(join(directory, 'bridge'), room, { log: (line) => log.push(line) });
});

afterAll(async () => {
  await bridge?.stop();
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function metric(series: string): Promise<number> {
  const text = await (await fetch(`${bridge.url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1));
}

async function until(description: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 300_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${description}: not within five minutes\n${log.slice(-20).join('')}`);
    await sleep(100);
  }
}

test(`${FAILED_SENDS} failed sends with a rotation among them leave every message readable`, {
  timeout: 600_000,
}, async () => {
  const retried = 'alertmanager_matrix_deliveries_total{room="ops",kind="card",outcome="retried"}';
  const pending = 'alertmanager_matrix_outbox_pending{room="ops",priority="normal"}';
  expect(await post(bridge.url, notification('Before', [{ name: 'before' }]))).toBe(200);
  await room.reader.waitForMessage(({ body }) => body.includes('Before'), 60_000);

  const before = await metric(retried);
  await room.synapse.stop();
  for (const name of ['During1', 'During2', 'During3']) {
    expect(await post(bridge.url, notification(name, [{ name }]))).toBe(200);
  }
  await until('failed sends', async () => (await metric(retried)) - before >= FAILED_SENDS);
  expect(await metric(pending)).toBe(3);

  await room.synapse.start();
  await until('delivery of what waited', async () => (await metric(pending)) === 0);
  expect(await post(bridge.url, notification('After', [{ name: 'after' }]))).toBe(200);
  await room.reader.waitForMessage(({ body }) => body.includes('After'), 120_000);

  const audit = auditRoom(await room.reader.readTimeline(room.roomId), room.login.userId);
  expect(audit).toMatchObject({ plaintext: [], undecryptable: [], reusedIndices: [] });
  expect(audit.bodies.map((body) => /(Before|During\d|After)/.exec(body)?.[0])).toEqual([
    'Before',
    'During1',
    'During2',
    'During3',
    'After',
  ]);
  expect(audit.sessions.size, 'the session was rotated in the outage').toBe(2);
});
