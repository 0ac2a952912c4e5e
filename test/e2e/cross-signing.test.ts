import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notification, post } from './alerts.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';
import { publishedIdentity } from './published-identity.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-cross-signing-'));
const recoveryKey = randomBytes(32).toString('base64');
let room: MatrixRoom;

beforeAll(async () => {
  room = await openMatrixRoom(directory);
});

afterAll(async () => {
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Prepares a bridge with a separate device. The first one uses the login of the room. */
async function prepareDevice(name: string, key: string): Promise<{ home: string; deviceId: string }> {
  const home = join(directory, name);
  const login = name === 'first' ? room.login : await room.synapse.login('bridge', room.bridgePassword);
  const configFile = writeBridgeConfig(home, { ...room, login });
  writeFileSync(join(home, 'recovery_key'), key);
  writeFileSync(
    configFile,
    readFileSync(configFile, 'utf8').replace('matrix:\n', 'matrix:\n  recovery_key: {file: recovery_key}\n'),
  );
  return { home, deviceId: login.deviceId };
}

/** Starts the bridge, delivers a message, and returns what its metrics and log say of the signature. */
async function runOnce(home: string, message: string): Promise<{ crossSigned: boolean; log: string }> {
  const bridge = await startBridgeProcess(home);
  expect(await post(bridge.url, notification(message, [{ name: message }]))).toBe(200);
  await room.reader.waitForMessage(({ body, decryptable }) => decryptable && body.includes(message), 30_000);
  const metrics = await (await fetch(`${bridge.url}/metrics`)).text();
  await bridge.stop();
  return { crossSigned: metrics.includes('\nalertmanager_matrix_device_cross_signed 1\n'), log: bridge.log() };
}

test('the device signs itself, keeps its identity, and lends it to the next device that has the recovery key', {
  timeout: 180_000,
}, async () => {
  const first = await prepareDevice('first', recoveryKey);
  expect(await runOnce(first.home, 'Identity1')).toMatchObject({ crossSigned: true });
  const keys = await publishedIdentity(room.synapse.url, room.login, first.deviceId);
  expect(keys.isWhole, 'the identity is whole').toBe(true);
  expect(keys.signsDevice, 'the device is signed').toBe(true);

  expect(await runOnce(first.home, 'Identity2')).toMatchObject({ crossSigned: true });
  expect((await publishedIdentity(room.synapse.url, room.login, first.deviceId)).master).toBe(keys.master);

  const second = await prepareDevice('second', recoveryKey);
  expect(await runOnce(second.home, 'Identity3')).toMatchObject({ crossSigned: true });
  const later = await publishedIdentity(room.synapse.url, room.login, second.deviceId);
  expect(later.master).toBe(keys.master);
  expect(later.signsDevice).toBe(true);
});

test('with a wrong recovery key, messages are delivered, nothing is replaced, and the log reports it', async () => {
  const before = await publishedIdentity(room.synapse.url, room.login, room.login.deviceId);
  const other = await prepareDevice('other', randomBytes(32).toString('base64'));
  const { crossSigned, log } = await runOnce(other.home, 'OtherKey');
  expect(crossSigned).toBe(false);
  expect(log).toContain("the recovery key does not open the account's secret storage");
  expect((await publishedIdentity(room.synapse.url, room.login, other.deviceId)).master).toBe(before.master);
});
