import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BODY, bootExporter, TOKEN } from '../test/boot-exporter.ts';
import { sendReport } from './commands/report/send-report.ts';

let storagePath: string;
beforeEach(() => {
  storagePath = mkdtempSync(join(tmpdir(), 'exporter-'));
});
afterEach(() => rmSync(storagePath, { recursive: true }));

const boot = (answer: () => Response | Promise<Response>, more = 'api: {bearer_tokens: [write-token]}', others = '') =>
  bootExporter({
    storagePath,
    answer,
    config: `accounts: [{name: work, credentials: {access_token: ${TOKEN}}}${others}]\n${more}`,
  });

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
  expect(page.text).toContain('Week, Fable');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.headers.get('x-powered-by')).toBeNull();
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
  expect(await get('/-/ready')).toMatchObject({ status: 503, text: 'Not ready: no poll yet for work\n' });
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
  await sendReport('work', { five_hour: { used_percentage: 41 } }, { storagePath });
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
  expect((await get('/')).text).toContain('This account is not polled.');
  expect((await get('/metrics')).text).not.toMatch(/claude_usage_(up|polls_total)\{account="free"/);
  expect(requests).toHaveLength(1);
  expect(log.join()).not.toContain('poll failed');
  await stop();
});

test('a file of tokens that is gone keeps nobody from reading', async () => {
  const file = join(storagePath, 'token');
  writeFileSync(file, 'write-token');
  const { get, stop } = await boot(() => new Response(BODY), `api: {bearer_tokens: [{file: ${file}}]}`);
  rmSync(file);
  expect((await get('/metrics')).status).toBe(200);
  await stop();
});
