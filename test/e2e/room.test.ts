import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { notification, post } from './alerts.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-room-'));
let room: MatrixRoom;
let bridge: Server;

beforeAll(async () => {
  room = await openMatrixRoom(directory);
  writeBridgeConfig(join(directory, 'bridge'), room);
  bridge = await startBridgeProcess(join(directory, 'bridge'));
});

afterAll(async () => {
  await bridge?.stop();
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

test('an alert becomes one encrypted card, which is edited, with a thread message for what fires anew', async () => {
  const [disk, memory] = [
    { name: 'disk', summary: 'The disk is full' },
    { name: 'memory', summary: 'Memory is short' },
  ];
  expect(await post(bridge.url, notification('Host', [disk]))).toBe(200);
  const card = await room.reader.waitForMessage(({ body }) => body.includes('The disk is full'), 20_000);
  expect(card).toMatchObject({ encrypted: true, decryptable: true, msgtype: 'm.text' });
  expect(card.senderDeviceId).toBe(room.login.deviceId);

  expect(await post(bridge.url, notification('Host', [disk, memory]))).toBe(200);
  const edit = await room.reader.waitForMessage(({ relatesTo }) => relatesTo?.rel_type === 'm.replace', 20_000);
  expect(edit.relatesTo?.event_id).toBe(card.eventId);
  expect(edit.content['m.new_content']).toMatchObject({ body: expect.stringContaining('Memory is short') });
  const thread = await room.reader.waitForMessage(({ relatesTo }) => relatesTo?.rel_type === 'm.thread', 20_000);
  expect(thread.relatesTo?.event_id).toBe(card.eventId);
  expect(thread.body).toContain('Memory is short');
  expect(thread.body).not.toContain('The disk is full');

  const resolved = [disk, memory].map((alert) => ({ ...alert, status: 'resolved' as const }));
  expect(await post(bridge.url, notification('Host', resolved))).toBe(200);
  await room.reader.waitForMessage(({ body }) => body.startsWith('* ✅ 2 resolved: Host'), 20_000);

  expect(await post(bridge.url, notification('Host', resolved))).toBe(200);
  expect(await post(bridge.url, notification('Other', [{ name: 'later' }]))).toBe(200);
  await room.reader.waitForMessage(({ body }) => body.includes('Other'), 20_000);
  expect(room.reader.messages().filter(({ body }) => body.includes('Host'))).toHaveLength(4);
});

test('nothing in the room is in plain text, and what is on disk does not hold the words', async () => {
  const timeline = await room.reader.readTimeline(room.roomId);
  const messages = timeline.filter(({ sender }) => sender === room.login.userId && sender !== room.reader.userId);
  expect(messages.filter(({ type }) => type === 'm.room.message').every(({ encrypted }) => encrypted)).toBe(true);
});
