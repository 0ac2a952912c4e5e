import { createDecipheriv } from 'node:crypto';
import { appendFileSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { notification, post } from './alerts.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-chart-'));
const now = Math.floor(Date.now() / 1000);
/** Answers every query with the same series. */
const prometheus = createServer((_, response) => {
  const values = Array.from({ length: 60 }, (_, index) => [now - 3600 + index * 60, String(index / 100)]);
  response.end(JSON.stringify({ data: { resultType: 'matrix', result: [{ metric: { account: 'work' }, values }] } }));
});
let room: MatrixRoom;
let bridge: Server;

beforeAll(async () => {
  await new Promise<void>((resolve) => void prometheus.listen(0, '127.0.0.1', resolve));
  room = await openMatrixRoom(directory);
  const config = writeBridgeConfig(join(directory, 'bridge'), room);
  appendFileSync(config, `prometheus: {url: "http://127.0.0.1:${(prometheus.address() as AddressInfo).port}"}\n`);
  bridge = await startBridgeProcess(join(directory, 'bridge'));
});
afterAll(async () => {
  await bridge?.stop();
  await room?.stop();
  prometheus.close();
  await rm(directory, { recursive: true, force: true });
});

interface Picture {
  readonly body: string;
  readonly info: { readonly size: number };
  readonly file: { readonly url: string; readonly iv: string; readonly key: { readonly k: string } };
}

/** Downloads what the homeserver stores, and decrypts it as the specification says. */
async function download({ url, iv, key }: Picture['file']): Promise<{ stored: Buffer; decrypted: Buffer }> {
  const response = await fetch(`${room.homeserverUrl}/_matrix/client/v1/media/download/${url.replace('mxc://', '')}`, {
    headers: { authorization: `Bearer ${room.login.accessToken}` },
  });
  expect(response.status).toBe(200);
  const stored = Buffer.from(await response.arrayBuffer());
  const decipher = createDecipheriv('aes-256-ctr', Buffer.from(key.k, 'base64url'), Buffer.from(iv, 'base64'));
  return { stored, decrypted: Buffer.concat([decipher.update(stored), decipher.final()]) };
}

test('an alert with a chart query has an encrypted picture in the thread of its card', async () => {
  const [alert] = notification('Usage', [{ name: 'work', summary: 'work: 60 % used' }]).alerts;
  const charted = {
    ...alert,
    annotations: { ...alert?.annotations, chart_query: 'usage', chart_end: `${now + 3600}` },
  };
  expect(await post(bridge.url, notification('Usage', [], { status: 'firing', alerts: [charted] }))).toBe(200);
  const card = await room.reader.waitForMessage(({ body }) => body.includes('work: 60 % used'), 60_000);
  const message = await room.reader.waitForMessage(({ msgtype }) => msgtype === 'm.image', 60_000);
  expect(message).toMatchObject({ encrypted: true, decryptable: true });
  expect(message.relatesTo).toMatchObject({ rel_type: 'm.thread', event_id: card.eventId });
  const { body, info, file } = message.content as unknown as Picture;
  expect(body).toMatch(/^Chart: Usage, from 0 % on .* to 59 % on .*; the window ends /);
  const { stored, decrypted } = await download(file);
  expect(decrypted).toHaveLength(info.size);
  expect(decrypted.subarray(1, 4).toString()).toBe('PNG');
  expect(stored.includes('PNG')).toBe(false);
}, 180_000);
