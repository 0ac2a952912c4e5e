import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { type FaultyProxy, startFaultyProxy } from '../components/faulty-proxy.ts';
import { type Login, type Synapse, startSynapse } from '../components/synapse.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { publishedIdentity } from './published-identity.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-identity-steps-'));
let synapse: Synapse;
const proxies: FaultyProxy[] = [];
let accounts = 0;

beforeAll(async () => {
  synapse = await startSynapse({ directory: join(directory, 'synapse') });
});

afterAll(async () => {
  for (const proxy of proxies) proxy.stop();
  await synapse?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Prepares a bridge with a new account that has no identity, behind a separate proxy. */
async function prepareAccount(): Promise<{ home: string; login: Login; proxy: FaultyProxy }> {
  const proxy = await startFaultyProxy(synapse.url);
  proxies.push(proxy);
  const name = `bridge${accounts++}`;
  const password = randomBytes(12).toString('hex');
  await synapse.registerUser(name, password);
  const login = await synapse.login(name, password);
  const home = join(directory, name);
  const configFile = writeBridgeConfig(home, { homeserverUrl: proxy.url, roomId: '!none:synapse.test', login });
  writeFileSync(join(home, 'recovery_key'), randomBytes(32).toString('base64'));
  const config = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, config.replace('matrix:\n', 'matrix:\n  recovery_key: {file: recovery_key}\n'));
  return { home, login, proxy };
}

async function untilSigned(bridge: Server): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${bridge.url}/metrics`)).text();
    if (metrics.includes('\nalertmanager_matrix_device_cross_signed 1\n')) return;
    await sleep(100);
  }
}

async function expectSigned({ login }: { login: Login }): Promise<void> {
  expect(await publishedIdentity(synapse.url, login, login.deviceId)).toMatchObject({
    isWhole: true,
    signsDevice: true,
  });
}

type Step = readonly [method: string, part: string];

const STEPS: readonly Step[] = [
  ['PUT', '/account_data/m.secret_storage.key.'],
  ['PUT', '/account_data/m.secret_storage.default_key'],
  ['PUT', '/account_data/m.cross_signing.master'],
  ['PUT', '/account_data/m.cross_signing.self_signing'],
  ['PUT', '/account_data/m.cross_signing.user_signing'],
  ['POST', '/keys/device_signing/upload'],
  ['POST', '/keys/signatures/upload'],
];

const isStep = ([method, part]: Step, request: { method: string; path: string }) =>
  request.method === method && request.path.includes(part);

async function survivesFailure(step: Step, fault: 'refuse' | 'lose'): Promise<void> {
  const { proxy, ...account } = await prepareAccount();
  let failures = 0;
  proxy.faultFor = (request) => (isStep(step, request) && failures++ === 0 ? fault : undefined);
  const bridge = await startBridgeProcess(account.home, '/-/healthy');
  await untilSigned(bridge);
  await bridge.stop();
  expect(failures, 'the step was reached').toBeGreaterThan(0);
  await expectSigned(account);
}

async function survivesKill(step: Step, moment: 'before' | 'after'): Promise<void> {
  const { proxy, ...account } = await prepareAccount();
  const reached = Promise.withResolvers<void>();
  proxy.faultFor = (request) => {
    if (!isStep(step, request) || moment === 'after') return undefined;
    reached.resolve();
    return 'hang';
  };
  proxy.onForwarded = (request) => {
    if (isStep(step, request) && moment === 'after') reached.resolve();
  };
  const bridge = await startBridgeProcess(account.home, '/-/healthy');
  await reached.promise;
  await bridge.kill();
  proxy.faultFor = () => undefined;
  proxy.onForwarded = () => {};
  await bridge.start();
  await untilSigned(bridge);
  await bridge.stop();
  await expectSigned(account);
}

test.each(STEPS)('a failure of %s %s, before or after it took effect, leaves the device signed', async (...step) => {
  await Promise.all([survivesFailure(step, 'refuse'), survivesFailure(step, 'lose')]);
});

test.each(STEPS)(
  'a kill at %s %s, before or after it took effect, leaves the device signed after the next start',
  async (...step) => {
    await Promise.all([survivesKill(step, 'before'), survivesKill(step, 'after')]);
  },
);
