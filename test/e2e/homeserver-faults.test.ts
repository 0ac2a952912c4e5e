import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { type FaultyProxy, startFaultyProxy } from '../components/faulty-proxy.ts';
import { type Login, type Synapse, startSynapse } from '../components/synapse.ts';
import { notification, post } from './alerts.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-faults-'));
let synapse: Synapse;
let proxy: FaultyProxy;
let admin: Login;
let bridge: Server | undefined;
let accounts = 0;

beforeAll(async () => {
  synapse = await startSynapse({ directory: join(directory, 'synapse') });
  proxy = await startFaultyProxy(synapse.url);
  admin = await newAccount();
});

afterEach(async () => {
  proxy.faultFor = () => undefined;
  await bridge?.stop();
  bridge = undefined;
});

afterAll(async () => {
  proxy?.stop();
  await synapse?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function newAccount(): Promise<Login> {
  const name = `user${accounts++}`;
  const password = randomBytes(12).toString('hex');
  await synapse.registerUser(name, password);
  return await synapse.login(name, password);
}

/** A request of the room's admin. */
async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${synapse.url}/_matrix/client/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${admin.accessToken}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

async function createRoom(invite: readonly string[]): Promise<string> {
  const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
  const body = { preset: 'private_chat', invite, initial_state: [encryption], room_version: '11' };
  return (await ask<{ room_id: string }>('POST', '/createRoom', body)).room_id;
}

async function countMessages(roomId: string, sender: string): Promise<number> {
  const path = `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
  const { chunk } = await ask<{ chunk: { type: string; sender: string }[] }>('GET', path);
  return chunk.filter((event) => event.type === 'm.room.encrypted' && event.sender === sender).length;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

const readiness = async (server: Server) => await (await fetch(`${server.url}/-/ready`)).text();

/** Starts a bridge with a new account that is invited into a new room. */
async function startInvited(readyPath = '/-/ready'): Promise<{ server: Server; login: Login; roomId: string }> {
  const login = await newAccount();
  const roomId = await createRoom([login.userId]);
  const home = join(directory, login.deviceId);
  writeBridgeConfig(home, { homeserverUrl: proxy.url, roomId, login });
  bridge = await startBridgeProcess(home, readyPath);
  return { server: bridge, login, roomId };
}

const firing = (name: string) => notification(name, [{ name }]);

test('a join that fails is retried, and readiness says why the room does not work', async () => {
  let failures = 0;
  proxy.faultFor = ({ path }) => (path.includes('/join/') && failures++ < 2 ? 'refuse' : undefined);
  const { server, login, roomId } = await startInvited('/-/healthy');
  await until(async () => (await readiness(server)).includes('not joined (the homeserver answered 502)'));
  expect(await post(server.url, firing('Joined'))).toBe(200);
  await until(async () => (await countMessages(roomId, login.userId)) === 1);
  expect(await readiness(server)).toBe('Ready.\n');
});

test('a message that the homeserver rejects is buried, and the others of its room are delivered', async () => {
  const { server, login, roomId } = await startInvited();
  const rejected = new Set<string>();
  proxy.faultFor = ({ path }) => {
    if (!path.includes('/send/m.room.encrypted/')) return undefined;
    if (rejected.size === 0) rejected.add(path);
    return rejected.has(path) ? { status: 400, body: { errcode: 'M_UNKNOWN', error: 'no' } } : undefined;
  };
  for (const name of ['Rejected', 'Second', 'Third']) expect(await post(server.url, firing(name))).toBe(200);
  await until(async () => (await countMessages(roomId, login.userId)) === 2);
  await until(async () =>
    (await (await fetch(`${server.url}/metrics`)).text()).includes('outbox_buried{room="ops"} 1'),
  );
  expect(await readiness(server)).toBe('Ready.\n');
});

test('while every message is forbidden, readiness says so; afterwards all are delivered', async () => {
  const { server, login, roomId } = await startInvited();
  const forbidden = { status: 403, body: { errcode: 'M_FORBIDDEN', error: 'no' } };
  proxy.faultFor = ({ path }) => (path.includes('/send/m.room.encrypted/') ? forbidden : undefined);
  for (const name of ['First', 'Second']) expect(await post(server.url, firing(name))).toBe(200);
  await until(async () => (await readiness(server)).includes('delivery fails (forbidden: '));
  proxy.faultFor = () => undefined;
  await until(async () => (await countMessages(roomId, login.userId)) === 2);
  expect(await readiness(server)).toBe('Ready.\n');
});

test('an upgraded room is followed, also after a restart', async () => {
  const { server, login, roomId } = await startInvited();
  expect(await post(server.url, firing('Before'))).toBe(200);
  await until(async () => (await countMessages(roomId, login.userId)) === 1);
  const path = `/rooms/${encodeURIComponent(roomId)}/upgrade`;
  const { replacement_room: replacement } = await ask<{ replacement_room: string }>('POST', path, {
    new_version: '11',
  });
  await until(async () => (await readiness(server)).includes('Not ready: room ops:'));
  await ask('POST', `/rooms/${encodeURIComponent(replacement)}/invite`, { user_id: login.userId });
  expect(await post(server.url, firing('After'))).toBe(200);
  await until(async () => (await countMessages(replacement, login.userId)) === 1);
  await server.stop();
  await server.start();
  expect(await post(server.url, firing('Restarted'))).toBe(200);
  await until(async () => (await countMessages(replacement, login.userId)) === 2);
  expect(await countMessages(roomId, login.userId)).toBe(1);
});

test('restarts in quick succession upload no more one-time keys', async () => {
  const { server, login } = await startInvited();
  for (let restart = 0; restart < 4; restart++) {
    await server.stop();
    await server.start();
  }
  const response = await fetch(`${synapse.url}/_matrix/client/v3/keys/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${login.accessToken}` },
    body: '{}',
  });
  const { one_time_key_counts: counts } = (await response.json()) as { one_time_key_counts: Record<string, number> };
  expect(counts.signed_curve25519).toBeLessThanOrEqual(50);
});

test('a stop during a start against a frozen homeserver does not wait for it', async () => {
  proxy.faultFor = () => 'hang';
  const { server } = await startInvited('/-/healthy');
  const startedAt = performance.now();
  await server.stop();
  const stopped = performance.now() - startedAt;
  expect(server.log()).toContain('msg=stopped');
  expect(stopped, 'shorter than the grace period of a stop').toBeLessThan(9_000);
});
