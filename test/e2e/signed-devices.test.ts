import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { notification, post } from './alerts.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-signed-'));
let room: MatrixRoom;
let bridge: Server;

beforeAll(async () => {
  room = await openMatrixRoom(directory);
  const home = join(directory, 'bridge');
  const configFile = writeBridgeConfig(home, room);
  writeFileSync(join(home, 'recovery_key'), randomBytes(32).toString('base64'));
  const config = readFileSync(configFile, 'utf8').replace(
    'matrix:\n',
    'matrix:\n  recovery_key: {file: recovery_key}\n',
  );
  writeFileSync(configFile, `${config}\nencryption: {devices: signed}\n`);
  bridge = await startBridgeProcess(home);
});

afterAll(async () => {
  await bridge?.stop();
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function untilMetric(pattern: RegExp): Promise<void> {
  while (!pattern.test(await (await fetch(`${bridge.url}/metrics`)).text())) await sleep(200);
}

// The reader's client has no cross-signing identity, like a device that a homeserver adds.
test('with `encryption.devices: signed` an unsigned device cannot read, and is counted', async () => {
  expect(await post(bridge.url, notification('Secret', [{ name: 'secret' }]))).toBe(200);
  await untilMetric(/^alertmanager_matrix_deliveries_total\{room="ops",kind="card",outcome="sent"\} 1$/m);
  const messages = (await room.reader.readTimeline(room.roomId)).filter(({ sender }) => sender === room.login.userId);
  expect(messages.filter(({ encrypted, decryptable }) => encrypted && !decryptable)).toHaveLength(1);
  await untilMetric(/^alertmanager_matrix_keys_withheld_total\{room="ops",code="[^"]+"\} [1-9]/m);
  await untilMetric(/^alertmanager_matrix_room_unsigned_devices\{room="ops"\} [1-9]/m);
});
