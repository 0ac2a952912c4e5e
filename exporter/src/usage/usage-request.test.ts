import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { retryAfter } from '@repo/common/outbound/http-answer';
import { Secret } from '@repo/common/secret';
import { closedOrigin, serve } from '@repo/common/test/local-server';
import { describe, expect, test } from 'vitest';
import { requestUsage } from './usage-request.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const TOKEN = 'sk-ant-oat01-planted';

function ask(endpoint: string, more: { timeoutMs?: number; fetch?: typeof fetch; signal?: AbortSignal } = {}) {
  return requestUsage({
    endpoint,
    token: Secret.of(TOKEN),
    userAgent: 'claude-usage-exporter/1.2.3',
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    now: () => NOW,
    fetch,
    ...more,
  });
}

test('sends the headers of Claude Code, with its own User-Agent', async () => {
  let seen: object = {};
  const url = await serve(({ method, url: path, headers }, response) => {
    seen = { method, path, ...headers };
    response.setHeader('date', 'Wed, 22 Jul 2026 12:00:07 GMT').end('{"five_hour": null}');
  });
  expect(await ask(url)).toEqual({ ok: true, body: { five_hour: null }, serverTime: NOW + 7000 });
  expect(seen).toMatchObject({
    method: 'GET',
    path: '/api/oauth/usage',
    authorization: `Bearer ${TOKEN}`,
    'anthropic-beta': 'oauth-2025-04-20',
    'anthropic-version': '2023-06-01',
    'user-agent': 'claude-usage-exporter/1.2.3',
  });
});

describe('what can go wrong', () => {
  test.each<[string, RequestListener, object]>([
    [
      '401',
      (_, r) => r.writeHead(401).end(TOKEN),
      { reason: 'unauthorized', detail: 'the API rejects the access token (401)' },
    ],
    [
      '403',
      (_, r) => r.writeHead(403).end(),
      { reason: 'forbidden', detail: 'this login may not read its usage (403)' },
    ],
    [
      '429',
      (_, r) => r.writeHead(429, { 'retry-after': '1600' }).end(),
      { reason: 'rate_limited', detail: 'the API limits the request rate (429)', retryAfterMs: 1_600_000 },
    ],
    ['503', (_, r) => r.writeHead(503).end(), { reason: 'server_error', detail: 'the API has a problem (503)' }],
    [
      '302',
      (_, r) => r.writeHead(302, { location: '/elsewhere' }).end(),
      { reason: 'redirected', detail: 'the API redirects (302), which is not followed' },
    ],
    [
      'a redirect to a page about the region',
      (_, r) => r.writeHead(307, { location: 'https://claude.example/app-unavailable-in-region?x=1' }).end(),
      {
        reason: 'redirected',
        detail: 'the API redirects to claude.example/app-unavailable-in-region (307), which is not followed',
      },
    ],
    [
      'a 403 of the API in JSON',
      (_, r) => r.writeHead(403, { 'content-type': 'application/json' }).end('{"type":"error"}'),
      { reason: 'forbidden', detail: 'this login may not read its usage (403)' },
    ],
    ...[
      { status: 403, headers: { 'content-type': 'text/html; charset=UTF-8' } },
      { status: 401, headers: { 'content-type': 'TEXT/HTML' } },
      { status: 200, headers: { 'content-type': 'text/html' } },
      { status: 503, headers: { 'cf-mitigated': 'challenge' } },
      { status: 403, headers: { 'cf-mitigated': 'challenge', 'content-type': 'application/json' } },
    ].map(({ status, headers }): [string, RequestListener, object] => [
      `a web page with status ${status}: ${Object.keys(headers)}`,
      (_, r) => r.writeHead(status, headers).end('<title>Just a moment...</title>'),
      {
        reason: 'challenged',
        detail: `a CDN or a proxy answers with a web page instead of the API (${status}), so the login is not the cause; check the network and the proxies of this machine`,
      },
    ]),
    [
      '404',
      (_, r) => r.writeHead(404).end(),
      { reason: 'unexpected_status', detail: 'the API answers with status 404' },
    ],
    [
      '204',
      (_, r) => r.writeHead(204).end(),
      { reason: 'unexpected_status', detail: 'the API answers with status 204' },
    ],
    [
      'no JSON',
      (_, r) => r.end(`<html>${TOKEN}`),
      { reason: 'not_json', detail: 'the body (26 characters) is not JSON' },
    ],
    ['an empty body', (_, r) => r.end(), { reason: 'not_json', detail: 'the body (0 characters) is not JSON' }],
    [
      'a huge body',
      (_, r) => r.end('['.padEnd(2 ** 21, ' ')),
      { reason: 'too_large', detail: 'the answer has more than 1048576 bytes' },
    ],
    [
      'a small body that unpacks to a huge one',
      (_, r) => r.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(2 ** 25))),
      { reason: 'too_large', detail: 'the answer has more than 1048576 bytes' },
    ],
    [
      'a body that breaks off',
      (_, r) => r.writeHead(200, { 'content-length': 100 }).write('{"five_hour"', () => r.destroy()),
      { reason: 'truncated', detail: 'the answer broke off (UND_ERR_SOCKET)' },
    ],
    [
      'a connection that breaks off',
      (_, r) => r.destroy(),
      { reason: 'network', detail: 'the server cannot be reached (UND_ERR_SOCKET)' },
    ],
  ])('%s', async (_name, listener, failure) => {
    const answer = await ask(await serve(listener));
    expect(answer).toMatchObject({ ok: false, ...failure });
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  });

  test('nobody listens', async () => {
    const url = await closedOrigin();
    expect(await ask(url)).toEqual({
      ok: false,
      reason: 'network',
      detail: 'the server cannot be reached (ECONNREFUSED)',
    });
  });

  test('no answer in time', async () => {
    const answer = await ask(await serve(() => {}), { timeoutMs: 50 });
    expect(answer).toEqual({ ok: false, reason: 'timeout', detail: 'no complete answer within 0.05 s' });
  });

  test('a body that never ends', async () => {
    const answer = await ask(await serve((_, response) => response.write('{')), { timeoutMs: 50 });
    expect(answer).toEqual({ ok: false, reason: 'timeout', detail: 'no complete answer within 0.05 s' });
  });

  test('a certificate that is not trusted', async () => {
    const cause = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const refuse = async () => {
      throw new TypeError('fetch failed', { cause });
    };
    expect(await ask('https://api.example.org', { fetch: refuse })).toEqual({
      ok: false,
      reason: 'untrusted_certificate',
      detail: "the server's certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)",
    });
  });

  test('a stop of the program is no failure', async () => {
    const stopping = new AbortController();
    const answer = ask(await serve(() => stopping.abort(new Error('stopping'))), { signal: stopping.signal });
    await expect(answer).rejects.toThrow('stopping');
  });
});

test.each([
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7_000],
  ['1.5', 1_500],
  ['-5', 0],
  ['Wed, 22 Jul 2026 12:01:00 GMT', 60_000],
  ['Wed, 22 Jul 2026 11:00:00 GMT', 0],
  [`1${'0'.repeat(400)}`, undefined],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('Retry-After %j is %j ms', (header, ms) => {
  expect(retryAfter(new Response(null, { headers: header === null ? {} : { 'retry-after': header } }), NOW)).toBe(ms);
});

test("Retry-After as a date is a time of the server's clock, however wrong ours is", () => {
  const headers = { date: 'Wed, 22 Jul 2026 15:00:00 GMT', 'retry-after': 'Wed, 22 Jul 2026 15:01:00 GMT' };
  expect(retryAfter(new Response(null, { headers }), NOW)).toBe(60_000);
});
