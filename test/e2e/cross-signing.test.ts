import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notification, post } from './alerts.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';

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

type Signed = { keys: Record<string, string>; signatures: Record<string, Record<string, string>>; unsigned?: unknown };

/** Returns the bridge's keys as published by the homeserver. */
async function publishedKeys(deviceId: string): Promise<{ master: string; selfSigning: Signed; device: Signed }> {
  const { userId, accessToken } = room.login;
  const response = await fetch(`${room.synapse.url}/_matrix/client/v3/keys/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ device_keys: { [userId]: [] } }),
  });
  const { device_keys, master_keys, self_signing_keys } = (await response.json()) as KeysAnswer;
  const [master = ''] = Object.values(master_keys[userId]?.keys ?? {});
  const [selfSigning, device] = [self_signing_keys[userId], device_keys[userId]?.[deviceId]];
  if (!selfSigning || !device) throw new Error('the homeserver lacks keys of the bridge');
  return { master, selfSigning, device };
}

interface KeysAnswer {
  readonly device_keys: Record<string, Record<string, Signed>>;
  readonly master_keys: Record<string, Signed>;
  readonly self_signing_keys: Record<string, Signed>;
}

/** Checks the signature of an object by this ed25519 key, over its canonical JSON. */
function isSignedBy({ signatures, unsigned: _, ...signed }: Signed, key: string): boolean {
  const signature = signatures[room.login.userId]?.[`ed25519:${key}`];
  if (signature === undefined) return false;
  const x = Buffer.from(key, 'base64').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(canonicalJson(signed)), publicKey, Buffer.from(signature, 'base64'));
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

test('the device signs itself, keeps its identity, and lends it to the next device that has the recovery key', {
  timeout: 180_000,
}, async () => {
  const first = await prepareDevice('first', recoveryKey);
  expect(await runOnce(first.home, 'Identity1')).toMatchObject({ crossSigned: true });
  const keys = await publishedKeys(first.deviceId);
  const [selfSigning = ''] = Object.values(keys.selfSigning.keys);
  expect(isSignedBy(keys.selfSigning, keys.master), 'the identity is whole').toBe(true);
  expect(isSignedBy(keys.device, selfSigning), 'the device is signed').toBe(true);

  expect(await runOnce(first.home, 'Identity2')).toMatchObject({ crossSigned: true });
  expect((await publishedKeys(first.deviceId)).master).toBe(keys.master);

  const second = await prepareDevice('second', recoveryKey);
  expect(await runOnce(second.home, 'Identity3')).toMatchObject({ crossSigned: true });
  const later = await publishedKeys(second.deviceId);
  expect(later.master).toBe(keys.master);
  expect(isSignedBy(later.device, selfSigning)).toBe(true);
});

test('with a wrong recovery key, messages are delivered, nothing is replaced, and the log reports it', async () => {
  const before = await publishedKeys(room.login.deviceId);
  const other = await prepareDevice('other', randomBytes(32).toString('base64'));
  const { crossSigned, log } = await runOnce(other.home, 'OtherKey');
  expect(crossSigned).toBe(false);
  expect(log).toContain("the recovery key does not open the account's secret storage");
  expect((await publishedKeys(other.deviceId)).master).toBe(before.master);
});
