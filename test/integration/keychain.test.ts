import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { startExporterProcess, untilSeries } from './exporter-process.ts';
import { expectNoTokens, startSimulator, tradedIn, wasUsed } from './owned-login.ts';

let directory: string;
let simulator: UsageSimulator;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'keychain-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  simulator = await startSimulator();
  running.defer(() => simulator.close());
  vi.stubEnv('PATH', [directory, process.env.PATH].join(delimiter));
  running.defer(() => void vi.unstubAllEnvs());
});
afterEach(() => running.disposeAsync());

/** Plays the Keychain of macOS, which has one item. */
function putIntoKeychain(service: string, login: object): void {
  const program = join(directory, 'security');
  const item = JSON.stringify({ claudeAiOauth: { scopes: ['user:profile'], ...login } });
  writeFileSync(program, `#!/bin/sh\n[ "$3" = '${service}' ] || exit 44\necho '${item}'\n`);
  chmodSync(program, 0o755);
}

test("Claude Code's login in the Keychain is read at every poll, and never refreshed", async () => {
  const login = { accessToken: 'token-work', refreshToken: 'refresh-work', expiresAt: Date.now() + 60_000 };
  putIntoKeychain('Claude Code-credentials', login);
  const account = (name: string, service: string) =>
    `{name: ${name}, endpoint: "${simulator.url}", credentials: {keychain: ${service}}}`;
  const exporter = await startExporterProcess(
    directory,
    `accounts: [${account('work', 'Claude Code-credentials')}, ${account('other', 'Claude Code-credentials-0a1b2c3d')}]
oauth: {token_endpoint: "${simulator.url}/v1/oauth/token"}
poll: {interval: 1s}`,
  );
  running.defer(() => exporter.stop());
  const polls = (name: string, outcome: string) => `claude_usage_polls_total{account="${name}",outcome="${outcome}"}`;
  await untilSeries(exporter, polls('work', 'success'), (count = 0) => count >= 2);
  await untilSeries(exporter, polls('other', 'no_credentials'), (count = 0) => count >= 1);
  putIntoKeychain('Claude Code-credentials', { ...login, expiresAt: Date.now() - 1 });
  await untilSeries(exporter, polls('work', 'token_expired'), (count = 0) => count >= 1);
  expect(wasUsed(simulator, 'token-work')).toBe(true);
  expect(tradedIn(simulator)).toEqual([]);
  await expectNoTokens(exporter);
});
