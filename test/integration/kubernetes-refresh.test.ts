import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { type FakeKubernetes, SECRET_NAME, startFakeKubernetes } from '../fakes/kubernetes/kubernetes-api.ts';
import { readSeries, startExporterProcess, untilSeries } from './exporter-process.ts';
import {
  expectNoTokens,
  refreshingConfig,
  runUntilKilled,
  spawnExporter,
  startSimulator,
  tradedIn,
  wasUsed,
} from './owned-login.ts';

const POD_FILES = `--import=${new URL('./pod-files.ts', import.meta.url).href}`;
const REFRESHES = (outcome: string) => `claude_usage_token_refreshes_total{account="work",outcome="${outcome}"}`;

let directory: string;
let simulator: UsageSimulator;
let kubernetes: FakeKubernetes;
let config: string;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'pod-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  simulator = await startSimulator();
  running.defer(() => simulator.close());
  kubernetes = await startFakeKubernetes(directory, {
    accessToken: 'token-work',
    refreshToken: 'refresh-work',
    expiresAt: String(Date.now() + 60_000),
    unrelated: 'kept',
  });
  running.defer(() => kubernetes.close());
  config = refreshingConfig(simulator.url, `{kubernetes_secret: ${SECRET_NAME}}`);
  vi.stubEnv('KUBERNETES_SERVICE_HOST', kubernetes.host);
  vi.stubEnv('KUBERNETES_SERVICE_PORT', String(kubernetes.port));
  vi.stubEnv('POD_FILES', kubernetes.serviceAccountDirectory);
  vi.stubEnv('NODE_OPTIONS', POD_FILES);
  running.defer(() => void vi.unstubAllEnvs());
});
afterEach(() => running.disposeAsync());

async function start() {
  const exporter = await startExporterProcess(directory, config);
  running.defer(() => exporter.stop());
  return exporter;
}

/** Kills the exporter when it writes the new tokens to the Secret: on their way there, or when they have arrived. */
async function killAtWrite(when: 'before' | 'after'): Promise<void> {
  const exporter = spawnExporter(directory, config);
  kubernetes.onPatch(({ data }) => {
    if (!data) return;
    kubernetes.onPatch(() => {});
    exporter.child.kill('SIGKILL');
    if (when === 'before') throw new Error('the connection breaks');
  });
  expect(await once(exporter.child, 'close')).toEqual([null, 'SIGKILL']);
}

async function untilUsed(token: string): Promise<void> {
  while (!wasUsed(simulator, token)) await setTimeout(10);
}

function expectRefreshed(): void {
  expect(kubernetes.values()).toMatchObject({
    accessToken: 'token-work-1',
    refreshToken: 'refresh-work-1',
    unrelated: 'kept',
  });
  expect(kubernetes.annotations()).toEqual({});
  expect(tradedIn(simulator)).toEqual(['refresh-work']);
}

test('a pod refreshes the login in its Secret', async () => {
  const exporter = await start();
  await untilUsed('token-work-1');
  expectRefreshed();
  expect(wasUsed(simulator, 'token-work')).toBe(false);
  kubernetes.rotateToken();
  const success = 'claude_usage_polls_total{account="work",outcome="success"}';
  const before = (await readSeries(exporter, success)) ?? 0;
  await untilSeries(exporter, success, (polls = 0) => polls >= before + 2);
  await expectNoTokens(exporter);
});

describe('a pod that was killed', () => {
  test('before the request, refreshes the login under its own claim', async () => {
    await runUntilKilled(directory, config, 'before the request', POD_FILES);
    expect(Object.keys(kubernetes.annotations())).toEqual(['claude-usage-exporter/refreshing']);
    await start();
    await untilUsed('token-work-1');
    expectRefreshed();
  });

  test('after the answer, which is lost, uses the old access token and says to log in again', async () => {
    const output = await runUntilKilled(directory, config, 'after the answer', POD_FILES);
    const exporter = await start();
    await untilSeries(exporter, 'claude_usage_up{account="work"}', (up) => up === 1);
    expect(wasUsed(simulator, 'token-work')).toBe(true);
    expect(tradedIn(simulator)).toEqual(['refresh-work', 'refresh-work']);
    expect(await readSeries(exporter, REFRESHES('invalid_grant'))).toBe(1);
    expect(exporter.log()).toContain(`log in again, and put the new login into the Secret ${SECRET_NAME}`);
    expect(kubernetes.annotations()).toEqual({});
    await expectNoTokens(exporter, output);
  });

  test.each(['before', 'after'] as const)(
    '%s the new tokens arrived in the Secret, goes on with them',
    async (when) => {
      await killAtWrite(when);
      expect(kubernetes.values().accessToken).toBe(when === 'before' ? 'token-work' : 'token-work-1');
      const exporter = await start();
      await untilUsed('token-work-1');
      expectRefreshed();
      expect(wasUsed(simulator, 'token-work')).toBe(false);
      await expectNoTokens(exporter);
    },
  );
});
