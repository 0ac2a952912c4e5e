import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogTail } from '../../deploy/local/log-tail.ts';
import { freePort } from '../../deploy/local/ports.ts';
import { notification, post } from './alerts.ts';
import { BRIDGE_MAIN, bridgeArguments, startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-identity-'));
const home = join(directory, 'bridge');
const spare = join(directory, 'spare');
let room: MatrixRoom;

// A bridge that has run twice, with the files of its first run put by.
beforeAll(async () => {
  room = await openMatrixRoom(directory);
  writeBridgeConfig(home, room);
  for (const run of ['First', 'Second']) {
    const bridge = await startBridgeProcess(home);
    expect(await post(bridge.url, notification(run, [{ name: run }]))).toBe(200);
    await room.reader.waitForMessage(({ body }) => body.includes(run), 30_000);
    await bridge.stop();
    if (run === 'First') cpSync(join(home, 'data'), spare, { recursive: true });
  }
});

afterAll(async () => {
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Lets a copy of the bridge's home, changed in one way, start; returns how it ended and the last line it logged. */
async function refusal(change: (home: string) => void | Promise<void>): Promise<{ code: number; log: string }> {
  const copy = mkdtempSync(join(directory, 'copy-'));
  cpSync(home, copy, { recursive: true });
  await change(copy);
  const args = bridgeArguments(copy, await freePort()).map((argument) => (argument === 'debug' ? 'error' : argument));
  const child = spawn(process.execPath, [BRIDGE_MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log = createLogTail(10);
  log.follow(child.stderr);
  const [code] = await once(child, 'close');
  return { code, log: log.last(1) };
}

test('a missing key store is not made anew for a device that has keys', async () => {
  const { code, log } = await refusal((copy) => rmSync(join(copy, 'data', 'keys.db')));
  expect(code).toBe(3);
  expect(log).toContain(`the key store of device ${room.login.deviceId} is missing`);
});

test('an empty data directory is refused for a device whose keys the homeserver knows', async () => {
  const { code, log } = await refusal((copy) => rmSync(join(copy, 'data'), { recursive: true }));
  expect(code).toBe(3);
  expect(log).toContain(`device ${room.login.deviceId} has already published keys, but its key store is empty`);
});

test('a key store that was set back is refused before it can use a message key twice', async () => {
  const { code, log } = await refusal((copy) => {
    for (const name of ['keys.db', 'keys.db-wal', 'keys.db-shm']) rmSync(join(copy, 'data', name), { force: true });
    cpSync(join(spare, 'keys.db'), join(copy, 'data', 'keys.db'));
  });
  expect(code).toBe(3);
  expect(log).toContain('an old copy of the key store was restored');
});

test('an access token of another device is refused', async () => {
  const { code, log } = await refusal(async (copy) => {
    const other = await room.synapse.login('bridge', room.bridgePassword);
    writeFileSync(join(copy, 'access_token'), other.accessToken);
  });
  expect(code).toBe(3);
  expect(log).toMatch(
    /the access token belongs to device \w+ of @bridge:synapse\.test, but the configuration names device/,
  );
});

test('another storage key opens neither outbox nor key store', async () => {
  const changeKey = (copy: string) => writeFileSync(join(copy, 'storage_key'), Buffer.alloc(32, 7).toString('base64'));
  const both = await refusal(changeKey);
  expect(both.code).toBe(3);
  expect(both.log).toContain('the outbox was written with another storage key');
  const keyStoreAlone = await refusal((copy) => {
    changeKey(copy);
    for (const name of ['outbox.db', 'outbox.db-wal', 'outbox.db-shm'])
      rmSync(join(copy, 'data', name), { force: true });
  });
  expect(keyStoreAlone.code).toBe(3);
  expect(keyStoreAlone.log).toContain(
    'cannot open the key store. Check that matrix.storage_key is the key it was created with',
  );
});
