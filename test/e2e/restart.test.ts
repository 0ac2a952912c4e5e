import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { type NioClient, type ReceivedMessage, startNioClient } from '../components/nio-client.ts';
import { notification, post } from './alerts.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';

const RESTARTS = 3;
/** Time for which Synapse repeats its response to an initial sync. */
const STALE_SYNC_MS = 120_000;
const directory = mkdtempSync(join(tmpdir(), 'bridge-restart-'));
let room: MatrixRoom;
let leaver: NioClient;
let leaverId: string;
let bridge: Server;

beforeAll(async () => {
  room = await openMatrixRoom(directory);
  const password = randomBytes(12).toString('hex');
  const { userId } = await room.synapse.registerUser('leaver', password);
  leaver = await startNioClient({
    homeserver: room.synapse.url,
    user: 'leaver',
    password,
    storeDirectory: join(directory, 'leaver'),
  });
  leaverId = userId;
  writeBridgeConfig(join(directory, 'bridge'), room);
  bridge = await startBridgeProcess(join(directory, 'bridge'));
});

afterAll(async () => {
  await bridge?.stop();
  await leaver?.stop();
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function sendAndRead(name: string): Promise<ReceivedMessage> {
  expect(await post(bridge.url, notification(name, [{ name }]))).toBe(200);
  // Keys come before the message, so whoever is to have them has them by then.
  return await room.reader.waitForMessage(({ body }) => body.includes(name), 30_000);
}

/** Whether the one who left could read it, should the homeserver hand it over. */
async function canLeaverRead({ eventId }: ReceivedMessage): Promise<boolean> {
  const event = await room.reader.readEvent(room.roomId, eventId);
  return (await leaver.describe(room.roomId, event)).decryptable;
}

// The SDK changes the session by itself when it sees anybody invited or gone, so here nobody is.
test('a restart alone changes the session', async () => {
  const before = await sendAndRead('Before');
  await bridge.stop();
  await bridge.start();
  const after = await sendAndRead('After');
  expect(after.decryptable).toBe(true);
  expect(after.sessionId).not.toBe(before.sessionId);
});

test('restarts within a minute: each first send works, in a new session that a former member cannot read', async () => {
  await room.reader.invite(room.roomId, leaverId);
  await leaver.joinRoom(room.roomId);
  const startedAt = Date.now();
  const messages = [await sendAndRead('Restart0')];
  await leaver.leaveRoom(room.roomId);
  for (let restart = 1; restart <= RESTARTS; restart++) {
    await bridge.stop();
    await bridge.start();
    messages.push(await sendAndRead(`Restart${restart}`));
  }
  expect(Date.now() - startedAt).toBeLessThan(STALE_SYNC_MS);

  expect(messages.every(({ decryptable }) => decryptable)).toBe(true);
  expect(new Set(messages.map(({ sessionId }) => sessionId)).size).toBe(RESTARTS + 1);
  const readableForLeaver = await Promise.all(messages.map(canLeaverRead));
  expect(readableForLeaver).toEqual([true, false, false, false]);
});
