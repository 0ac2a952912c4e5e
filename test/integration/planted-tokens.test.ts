import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEMO, type Scenario } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { EXPORTER_MAIN, startExporterProcess, untilSeries } from './exporter-process.ts';

/** The accounts are named otherwise than their tokens' owners, so that these words stand for secrets alone. */
const OWNERS = ['alpha', 'beta', 'gamma', 'delta'];
const WRITE_TOKEN = 'planted-write-secret';
const PLANTED = /(token|refresh)-(alpha|beta|gamma|delta)|planted-write-secret|planted-wrong-secret/;

let directory: string;
let simulator: UsageSimulator;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'planted-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  const demo = DEMO.accounts.demo;
  if (!demo) throw new Error('the demo scenario has no account demo');
  const scenario: Scenario = { accounts: Object.fromEntries(OWNERS.map((name) => [name, demo])) };
  simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario, speed: 1 });
  running.defer(() => simulator.close());
});
afterEach(() => running.disposeAsync());

function configuration(more = ''): string {
  const endpoint = simulator.url;
  const account = (name: string, credentials: object) => ({ name, endpoint, credentials });
  const accounts = [
    account('inline', { access_token: 'token-alpha' }),
    account('own', { oauth_tokens_dir: 'own' }),
    account('echo', { access_token: { file: 'token' } }),
    account('refused', { access_token: 'token-delta-of-yesterday' }),
  ];
  return `accounts: ${JSON.stringify(accounts)}
poll: {interval: 1s}
oauth: {token_endpoint: "${endpoint}/v1/oauth/token"}
api: {bearer_tokens: [${WRITE_TOKEN}]}
${more}`;
}

function plant(): void {
  const own = join(directory, 'own');
  mkdirSync(own);
  writeFileSync(join(own, 'accessToken'), 'token-beta');
  writeFileSync(join(own, 'refreshToken'), 'refresh-beta');
  writeFileSync(join(own, 'expiresAt'), String(Date.now() + 60_000));
  writeFileSync(join(directory, 'token'), 'token-gamma');
  // An API that quotes what it was sent.
  simulator.control({ account: 'gamma', body: '{"error": "token-gamma is no usage", "five_hour": "token-gamma"}' });
}

async function command(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [EXPORTER_MAIN, ...args], {
    cwd: directory,
    env: { HOME: directory, CLAUDE_USAGE_API_TOKEN: WRITE_TOKEN },
  });
  child.stdin.end('{"rate_limits": {"five_hour": {"used_percentage": 40}}, "session": "token-alpha"}');
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join('');
}

/** Every text that the exporter gives out, by the door that it came through. */
async function everythingFrom(url: string): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, init);
    seen.set(
      `${init.method ?? 'GET'} ${path} ${seen.size}`,
      JSON.stringify([...response.headers]) + (await response.text()),
    );
    return response.status;
  };
  const openmetrics = { headers: { accept: 'application/openmetrics-text' } };
  expect(await ask('/metrics')).toBe(200);
  expect(await ask('/metrics', openmetrics)).toBe(200);
  for (const path of ['/', '/-/ready', '/api/v1/usage', '/api/v1/tier', '/api/v1/openapi.json']) await ask(path);
  const gate = '/api/v1/accounts/inline/gate';
  for (const path of [gate, `${gate}/caps`, '/nowhere']) await ask(path);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const put = (headers: Record<string, string>, body: string) => ask(`${gate}/caps`, { method: 'PUT', headers, body });
  expect(await put(bearer('planted-wrong-secret'), '{}')).toBe(401);
  expect(await put(bearer(WRITE_TOKEN), '{"session_pct": "token-alpha", "token-alpha": 1}')).toBe(400);
  expect(await put(bearer(WRITE_TOKEN), '{"session_pct": 1, "week_pct": null}')).toBe(200);
  expect(await ask(gate)).toBe(503);
  const report = { method: 'POST', headers: bearer(WRITE_TOKEN) };
  await ask('/api/v1/statusline', { ...report, body: '{"account": "token-alpha", "rate_limits": {}}' });
  await ask('/api/v1/statusline', { ...report, body: 'token-alpha' });
  await ask('/-/reload', { method: 'POST', headers: bearer(WRITE_TOKEN) });
  return seen;
}

test('no token that was planted comes out through any door', { timeout: 120_000 }, async () => {
  plant();
  const exporter = await startExporterProcess(directory, configuration());
  running.defer(() => exporter.stop());
  const outcomes = { inline: 'success', own: 'success', echo: 'wrong_shape', refused: 'unauthorized' };
  for (const [account, outcome] of Object.entries(outcomes)) {
    const series = `claude_usage_polls_total{account="${account}",outcome="${outcome}"}`;
    await untilSeries(exporter, series, (count = 0) => count > 0);
  }
  await untilSeries(exporter, 'claude_usage_token_refreshes_total{account="own",outcome="success"}', (n = 0) => n > 0);

  const config = join(directory, 'config.yaml');
  writeFileSync(config, configuration('token-alpha: planted-write-secret\nhttp: {ca_file: token-beta'));
  const seen = await everythingFrom(exporter.url);
  const misread = await command('--config.file', config, '--config.check');
  expect(misread).toContain('problem');
  seen.set('--config.check', misread);
  writeFileSync(config, configuration());
  const storage = ['--storage.path', join(directory, 'data')];
  seen.set('once', await command('once', '--config.file', config, ...storage));
  seen.set('once --json', await command('once', '--json', '--config.file', config, ...storage));
  seen.set('statusline', await command('statusline', '--account', 'inline', ...storage));
  seen.set('statusline --url', await command('statusline', '--account', 'inline', '--url', exporter.url));
  await exporter.stop();
  seen.set('the log', exporter.log());
  // After an orderly stop no answer of the token endpoint waits for its place any more.
  for (const file of readdirSync(join(directory, 'data'))) {
    seen.set(`the file ${file}`, readFileSync(join(directory, 'data', file), 'latin1'));
  }

  expect(seen.get('the log')).toContain('access token refreshed');
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['the file history.sqlite', 'the file logins.sqlite']));
  const leaks = [...seen].flatMap(([door, given]) => {
    const found = PLANTED.exec(given);
    return found ? [`${door}: ${given.slice(Math.max(0, found.index - 80), found.index + 40)}`] : [];
  });
  expect(leaks).toEqual([]);
});
