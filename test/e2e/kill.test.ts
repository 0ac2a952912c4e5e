import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogTail } from '../../deploy/local/log-tail.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { notification, post } from './alerts.ts';
import { BRIDGE_MAIN, bridgeArguments, startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';
import { auditRoom } from './room-audit.ts';

const KILLS = 50;
const directory = mkdtempSync(join(tmpdir(), 'bridge-kill-'));
const home = join(directory, 'bridge');
let room: MatrixRoom;

beforeAll(async () => {
  room = await openMatrixRoom(directory);
  writeBridgeConfig(home, room);
});

afterAll(async () => {
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Asks until the path answers 200, or the process is gone. */
async function untilAnswering(child: ChildProcess, url: string): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    await sleep(10);
  }
}

/** Posts as Alertmanager does: a notification that was not answered with 200 is posted again later. */
async function isAcknowledged(url: string, alert: string): Promise<boolean> {
  const status = await post(url, notification(alert, [{ name: alert, summary: `${alert} burns` }])).catch(() => 0);
  return status === 200;
}

test(`after ${KILLS} kills at random moments every alert is in the room exactly once, and readable`, {
  timeout: 600_000,
}, async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const alerts = Array.from({ length: KILLS }, (_, round) => `Alert${round}x`);
  let unacknowledged: string[] = [];
  for (const [round, alert] of alerts.entries()) {
    const child = spawn(process.execPath, [BRIDGE_MAIN, ...bridgeArguments(home, port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const log = createLogTail(50);
    log.follow(child.stderr);
    const exited = once(child, 'close');
    // A third of the rounds ends at a moment of the start, a third before the device is ready, a third after.
    const phase = ['starting', '/-/healthy', '/-/ready'][round % 3] ?? '';
    const killAfter = Math.random() * 900;
    const kill = phase === 'starting' ? sleep(killAfter).then(() => child.kill('SIGKILL')) : undefined;
    await untilAnswering(child, `${url}${phase === 'starting' ? '/-/healthy' : phase}`);
    const due = [...unacknowledged, alert];
    const acknowledged = await Promise.all(due.map((name) => isAcknowledged(url, name)));
    unacknowledged = due.filter((_, index) => !acknowledged[index]);
    await (kill ?? sleep(killAfter ** 2 / 900).then(() => child.kill('SIGKILL')));
    await exited;
    expect(child.signalCode, `round ${round}, ${phase}: it ended by itself:\n${log.last(50)}`).toBe('SIGKILL');
  }
  const bridge = await startBridgeProcess(home);
  for (const alert of unacknowledged) expect(await isAcknowledged(bridge.url, alert)).toBe(true);
  expect(await post(bridge.url, notification('TheEnd', [{ name: 'end' }]))).toBe(200);
  await room.reader.waitForMessage(({ body }) => body.includes('TheEnd'), 60_000);
  await bridge.stop();

  const audit = auditRoom(await room.reader.readTimeline(room.roomId), room.login.userId);
  expect(audit).toMatchObject({ plaintext: [], undecryptable: [], reusedIndices: [] });
  const counts = alerts.map((alert) => audit.bodies.filter((body) => body.includes(`${alert} burns`)).length);
  expect(counts).toEqual(alerts.map(() => 1));
  expect(audit.sessions.size).toBeGreaterThan(KILLS / 10);
});
