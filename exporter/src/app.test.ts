import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createLogger } from '@repo/common/logger';
import { OPEN_WEB_CONFIG } from '@repo/common/web-config';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startExporter } from './app.ts';
import { loadConfig } from './config.ts';
import { handOver } from './statusline-handover.ts';

const TOKEN = 'sk-ant-oat01-planted';
const BODY = readFileSync(new URL('../../test/fixtures/usage/july-2026.json', import.meta.url), 'utf8');

let storagePath: string;
beforeEach(() => {
  storagePath = mkdtempSync(join(tmpdir(), 'exporter-'));
});
afterEach(() => rmSync(storagePath, { recursive: true }));

/** An exporter of one account, with a server that `answer` plays; everything it logs and requests is kept. */
async function boot(
  answer: () => Response | Promise<Response>,
  more = 'api: {bearer_tokens: [write-token]}',
  others = '',
) {
  let text = `accounts: [{name: work, credentials: {access_token: ${TOKEN}}}${others}]\n${more}`;
  const readConfig = () =>
    loadConfig(text, 'test', { directory: '/', env: {}, exists: () => false, platform: 'linux', version: '1.2.3' });
  const log: string[] = [];
  const requests: string[] = [];
  const service = await startExporter(
    readConfig(),
    {
      web: { addresses: [{ host: '127.0.0.1', port: 0 }], config: () => OPEN_WEB_CONFIG },
      storagePath,
      requestTimeoutMs: 5_000,
    },
    {
      now: Date.now,
      random: () => 0.5,
      readConfig,
      createFetch: () => async (input, init) => {
        requests.push(String(input));
        const stopped = new Promise<never>((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
        });
        return Promise.race([answer(), stopped]);
      },
      sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
      nodeVersion: 'v24.0.0',
      platform: 'linux',
      env: {},
      logger: createLogger({ level: 'debug', format: 'json', write: (line) => log.push(line) }),
    },
  );
  const get = async (path: string, accept = '*/*') => {
    const response = await fetch(service.url + path, { headers: { accept } });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      headers: response.headers,
      text: await response.text(),
    };
  };
  const ready = async () => {
    while ((await get('/-/ready')).status !== 200) await setTimeout(5);
  };
  const rewrite = (next: string) => {
    text = next;
  };
  const postReload = async (headers: Record<string, string> = { authorization: 'Bearer write-token' }) => {
    const response = await fetch(`${service.url}/-/reload`, { method: 'POST', headers });
    return { status: response.status, text: await response.text() };
  };
  return { ...service, get, ready, log, requests, rewrite, postReload };
}

test('polls once, and answers everything from what it knows', async () => {
  const { get, ready, stop, requests, log } = await boot(() => new Response(BODY));
  await ready();
  const text = await get('/metrics');
  expect(text.type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text.text).toContain('\nclaude_usage_utilization_ratio{account="work",window="seven_day_fable"} 0.48\n');
  expect(text.text).toContain('\nclaude_usage_polls_total{account="work",outcome="success"} 1\n');
  const openmetrics = await get('/metrics', 'application/openmetrics-text;version=1.0.0');
  expect(openmetrics.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(openmetrics.text).toMatch(/\n# EOF\n$/);

  expect(JSON.parse((await get('/api/v1/usage')).text).accounts[0]).toMatchObject({ account: 'work', reason: null });
  const page = await get('/');
  expect(page.text).toContain('7 days, Fable');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect((await get('/-/healthy')).text).toBe('Healthy.\n');
  expect(await get('/nowhere')).toMatchObject({ status: 404, type: 'application/problem+json; charset=utf-8' });

  for (let i = 0; i < 10; i += 1) await get('/metrics');
  expect(requests).toEqual(['https://api.anthropic.com/api/oauth/usage']);
  expect([text.text, openmetrics.text, page.text, ...log].join()).not.toContain(TOKEN);
  await stop();
});

test('is not ready before the first poll, though it answers', async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const { get, ready, stop } = await boot(() => promise);
  expect(await get('/-/ready')).toMatchObject({ status: 503, text: 'Not ready: no poll yet of work\n' });
  expect((await get('/metrics')).text).not.toContain('claude_usage_up{');
  resolve(new Response('', { status: 401 }));
  await ready();
  expect((await get('/metrics')).text).toContain('claude_usage_up{account="work"} 0');
  await stop();
});

test('status lines come by HTTP with a token, or by the socket, and the readers see them', async () => {
  const { url, get, log, stop } = await boot(
    () => new Response('', { status: 503 }),
    'api: {bearer_tokens: [planted]}',
  );
  const post = async (body: string, token: string) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/v1/statusline`, { method: 'POST', headers, body });
    return [response.status, await response.text()];
  };
  const body = (used_percentage: number) =>
    JSON.stringify({ account: 'work', rate_limits: { five_hour: { used_percentage } } });
  expect((await post(body(40), 'other'))[0]).toBe(401);
  expect(await post('nonsense', 'planted')).toEqual([
    400,
    '{"title":"Bad request","detail":"must be an object with account and rate_limits","errors":[{"path":"","message":"must be an object with account and rate_limits"}]}',
  ]);
  expect(await post(body(40), 'planted')).toEqual([204, '']);
  const five_hour = 'claude_usage_utilization_ratio{account="work",window="five_hour"}';
  expect((await get('/metrics')).text).toContain(`${five_hour} 0.4\n`);
  await handOver('work', { five_hour: { used_percentage: 41 } }, { storagePath });
  expect((await get('/metrics')).text).toContain(`${five_hour} 0.41\n`);
  expect(JSON.parse((await get('/api/v1/usage')).text).accounts[0]).toMatchObject({
    source: 'statusline',
    windows: [{ utilization_percent: 41, source: 'statusline' }],
  });
  expect(log.join()).not.toContain('planted');
  await stop();
});

test('stops in the middle of a poll, and releases its address and storage', async () => {
  const first = await boot(() => new Promise(() => {}));
  while (first.requests.length === 0) await setTimeout(5);
  await first.stop();
  await expect(fetch(first.url)).rejects.toThrow('fetch failed');
  const second = await boot(() => new Response(BODY));
  await second.stop();
});

test('an account without login is not polled, which is no trouble', async () => {
  const { get, ready, stop, requests, log } = await boot(
    () => new Response(BODY),
    '',
    ', {name: free, credentials: {none: true}}',
  );
  await ready();
  expect(JSON.parse((await get('/api/v1/usage')).text).accounts[1]).toMatchObject({
    account: 'free',
    source: null,
    last_poll: null,
    poll_reason: 'not_polled',
  });
  expect((await get('/')).text).toContain('Not polled, as configured.');
  expect((await get('/metrics')).text).not.toMatch(/claude_usage_(up|polls_total)\{account="free"/);
  expect(requests).toHaveLength(1);
  expect(log.join()).not.toContain('poll failed');
  await stop();
});

const SERIES_OF = (account: string) => `claude_usage_polls_total{account="${account}",outcome="success"}`;
const account = (name: string, rest = '') => `{name: ${name}, credentials: {access_token: ${TOKEN}}${rest}}`;

test('a reload goes on with other accounts, thresholds and tokens, and forgets nothing of those that stay', async () => {
  const { get, ready, stop, requests, rewrite, postReload, log } = await boot(() => new Response(BODY));
  await ready();
  rewrite(`accounts: [${account('work')}, ${account('home')}]
thresholds: {weekly: [33]}
api: {bearer_tokens: [other-token]}`);
  expect(await postReload()).toEqual({ status: 200, text: 'Reloaded.\n' });
  await ready();
  const { text } = await get('/metrics');
  expect(text).toContain(`\n${SERIES_OF('work')} 1\n`);
  expect(text).toContain(`\n${SERIES_OF('home')} 1\n`);
  expect(text).toContain(
    '\nclaude_usage_threshold_ratio{account="work",window="seven_day",threshold="33",severity="info"} 0.33\n',
  );
  expect(text).not.toContain('threshold="50"');
  expect(text).toContain('\nclaude_usage_config_last_reload_successful 1\n');
  // Work was polled a moment ago, and a reload is no reason to ask again.
  expect(requests).toHaveLength(2);
  expect(text).toContain('\nclaude_usage_poll_budget_remaining{account="work"} 19\n');
  expect((await postReload()).status).toBe(401);

  rewrite(`accounts: [${account('home')}]\napi: {bearer_tokens: [other-token]}`);
  expect((await postReload({ authorization: 'Bearer other-token' })).status).toBe(200);
  expect((await get('/metrics')).text).not.toContain('account="work"');
  await stop();
  expect(log.join()).not.toContain('other-token');
});

test('a bad configuration is told with all its problems, and the one before stays', async () => {
  const { get, ready, stop, rewrite, postReload, log, reload } = await boot(() => new Response(BODY));
  await ready();
  const before = (await get('/metrics')).text.match(/^claude_usage_config_last_reload_success_timestamp_seconds .*$/m);
  rewrite('stale_after: soon\ncolour: red');
  const { status, text } = await postReload();
  expect({ status, ...(JSON.parse(text) as object) }).toEqual({
    status: 422,
    title: 'Bad configuration',
    detail: 'the configuration before stays in use',
    errors: [
      {
        path: 'stale_after',
        message: '"soon" is not a duration; write it as Prometheus does, like 90s, 5m or 1h30m',
      },
      { path: 'colour', message: expect.stringMatching(/^is an unknown key; known here: accounts/) },
    ],
  });
  expect(log.filter((line) => line.includes('the one before stays'))).toEqual([
    expect.stringContaining('test: 2 problems\\n  stale_after: '),
  ]);
  await expect(reload()).rejects.toThrow('test: 2 problems');
  const metrics = (await get('/metrics')).text;
  expect(metrics).toContain('\nclaude_usage_config_last_reload_successful 0\n');
  expect(metrics).toContain(`\n${before}\n`);
  expect(metrics).toContain(`\n${SERIES_OF('work')} 1\n`);
  expect((await get('/-/ready')).status).toBe(200);
  await stop();
});

test('who may not write may not reload, and a stopping exporter does not reload', async () => {
  const { stop, postReload, reload } = await boot(() => new Response(BODY));
  expect((await postReload({})).status).toBe(401);
  expect((await postReload({ authorization: 'Bearer write-token', origin: 'https://evil.example' })).status).toBe(403);
  const stopped = stop();
  await expect(reload()).rejects.toThrow('the program is stopping');
  await stopped;
});

test('a file of tokens that is gone keeps nobody from reading', async () => {
  const file = join(storagePath, 'token');
  writeFileSync(file, 'write-token');
  const { get, stop } = await boot(() => new Response(BODY), `api: {bearer_tokens: [{file: ${file}}]}`);
  rmSync(file);
  expect((await get('/metrics')).status).toBe(200);
  await stop();
});
