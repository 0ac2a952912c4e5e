import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OPEN_WEB_CONFIG } from '@repo/common/web/web-config';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BODY, bootExporter, TOKEN } from '../test/boot-exporter.ts';

let storagePath: string;
beforeEach(() => {
  storagePath = mkdtempSync(join(tmpdir(), 'exporter-'));
});
afterEach(() => rmSync(storagePath, { recursive: true }));

const SERIES_OF = (account: string) => `claude_usage_polls_total{account="${account}",outcome="success"}`;
const account = (name: string, rest = '') => `{name: ${name}, credentials: {access_token: ${TOKEN}}${rest}}`;

test('a reload goes on with other accounts, thresholds and tokens, and forgets nothing of those that stay', async () => {
  const { get, ready, stop, requests, rewrite, postReload, log } = await bootExporter({
    storagePath,
    answer: () => new Response(BODY),
  });
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

test('an invalid configuration is rejected with every problem, and the previous one stays in use', async () => {
  const { get, ready, stop, rewrite, postReload, log, reload } = await bootExporter({
    storagePath,
    answer: () => new Response(BODY),
  });
  await ready();
  const before = (await get('/metrics')).text.match(/^claude_usage_config_last_reload_success_timestamp_seconds .*$/m);
  rewrite('stale_after: soon\ncolour: red');
  const { status, text } = await postReload();
  expect({ status, ...(JSON.parse(text) as object) }).toEqual({
    status: 422,
    title: 'Invalid configuration',
    detail: 'the previous configuration is kept',
    errors: [
      {
        path: 'stale_after',
        message: '"soon" is not a duration; write it as in Prometheus, like 90s, 5m or 1h30m',
      },
      { path: 'colour', message: expect.stringMatching(/^is an unknown key; known here: accounts/) },
    ],
  });
  expect(log.filter((line) => line.includes('configuration reload failed'))).toEqual([
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
  const { stop, postReload, reload } = await bootExporter({ storagePath, answer: () => new Response(BODY) });
  expect((await postReload({})).status).toBe(401);
  expect((await postReload({ authorization: 'Bearer write-token', origin: 'https://evil.example' })).status).toBe(403);
  const stopped = stop();
  await expect(reload()).rejects.toThrow('the program is stopping');
  await stopped;
});

test('everything that a configuration started ends with it', async () => {
  const exporter = await bootExporter({ storagePath, answer: () => new Promise(() => {}) });
  while (exporter.requests.length === 0) await setTimeout(5);
  exporter.rewrite(`accounts: [${account('home')}]`);
  await exporter.reload();
  expect(exporter.aborted).toEqual(['https://api.anthropic.com/api/oauth/usage']);
  await exporter.stop();
});

test('a configuration that cannot be started leaves the previous one running', async () => {
  const { get, ready, rewrite, failNextStart, reload, stop } = await bootExporter({
    storagePath,
    answer: () => new Response(BODY),
  });
  await ready();
  rewrite(`accounts: [${account('home')}]`);
  failNextStart(new Error('out of order'));
  await expect(reload()).rejects.toThrow('out of order');
  const { text } = await get('/metrics');
  expect(text).toContain(`\n${SERIES_OF('work')} 1\n`);
  expect(text).not.toContain('account="home"');
  expect(text).toContain('\nclaude_usage_config_last_reload_successful 0\n');
  const sockets = () => readdirSync(storagePath).filter((name) => name.endsWith('.sock'));
  expect(sockets()).toHaveLength(1);
  await stop();
  expect(sockets()).toEqual([]);
});

test('where readers need a password, a token of the API is enough, by the configuration of now', async () => {
  const webConfig = { ...OPEN_WEB_CONFIG, users: new Map([['alice', 'no hash']]) };
  const { get, rewrite, reload, stop } = await bootExporter({
    storagePath,
    answer: () => new Response(BODY),
    webConfig,
  });
  const statusFor = async (token: string) => (await get('/metrics', '*/*', `Bearer ${token}`)).status;
  expect([await statusFor('write-token'), await statusFor('other-token')]).toEqual([200, 401]);
  rewrite(`accounts: [${account('work')}]\napi: {bearer_tokens: [other-token]}`);
  await reload();
  expect([await statusFor('write-token'), await statusFor('other-token')]).toEqual([401, 200]);
  await stop();
});
