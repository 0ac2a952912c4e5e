import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GOOD, HOUR, MINUTE, NOW, RefreshFixture } from '../../../test/refresh-fixture.ts';
import type { RefreshOutcome } from './keep-fresh.ts';

const refusal = (status: number, error: unknown, headers = {}) => Response.json({ error }, { status, headers });

let fixture: RefreshFixture;
beforeEach(() => {
  fixture = new RefreshFixture();
});
afterEach(() => fixture[Symbol.dispose]());

describe('a refresh that fails', () => {
  test('for good says to log in again, and is not retried, not even after a restart', async () => {
    fixture.login(5);
    const sentence = `the refresh token is no longer valid (invalid_grant); log in again, and put the new login into ${fixture.directory}`;
    expect((await fixture.keep(() => refusal(400, 'invalid_grant'))).trouble).toBe(sentence);
    fixture.now += 30 * 24 * HOUR;
    fixture.restart();
    expect(await fixture.keep()).toMatchObject({ trouble: sentence });
    expect(fixture.requests).toHaveLength(1);
    expect(fixture.outcomes).toEqual(['invalid_grant']);

    fixture.put('refreshToken', 'planted-new-login');
    expect((await fixture.keep()).trouble).toBeUndefined();
    expect(fixture.requests.map(({ refresh_token }) => refresh_token)).toEqual([
      'planted-refresh',
      'planted-new-login',
    ]);
  });

  test('backs off from five minutes to six hours, doubling', async () => {
    fixture.login(5);
    const waits: number[] = [];
    for (let failures = 0; failures < 9; failures += 1) {
      const { trouble } = await fixture.keep(() => refusal(503, 'overloaded'));
      const until = Date.parse(/the next attempt is at (\S+)$/.exec(trouble ?? '')?.[1] ?? '');
      waits.push((until - fixture.now) / MINUTE);
      fixture.now = until - 1;
      expect((await fixture.keep()).trouble).toBe(trouble);
      expect(fixture.requests).toHaveLength(failures + 1);
      fixture.now = until;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360]);
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access-1');
  });

  test('starts the backoff from the beginning after a success', async () => {
    fixture.login(5);
    await fixture.keep(() => refusal(503, 'overloaded'));
    fixture.now += 5 * MINUTE;
    await fixture.keep();
    fixture.now += 8 * HOUR;
    const { trouble } = await fixture.keep(() => refusal(503, 'overloaded'));
    expect(trouble).toContain(`the next attempt is at ${new Date(fixture.now + 5 * MINUTE).toISOString()}`);
  });

  test('recorded by a clock that was wrong holds nothing back', async () => {
    fixture.login(5);
    fixture.now += 365 * 24 * HOUR;
    await fixture.keep(() => refusal(503, 'overloaded'));
    fixture.now = NOW;
    await fixture.keep();
    expect(fixture.outcomes).toEqual(['server_error', 'success']);
  });

  test.each<[string, () => Response | Promise<Response>, RefreshOutcome, string]>([
    ['429', () => refusal(429, 'rate_limited'), 'rate_limited', 'the token endpoint limits the request rate (429)'],
    ['500', () => refusal(500, 'planted-access'), 'server_error', 'the token endpoint has a problem (500)'],
    [
      '401',
      () => refusal(401, 'invalid_client'),
      'rejected',
      'the token endpoint answers with status 401 (invalid_client)',
    ],
    ['a redirect', () => new Response('', { status: 302 }), 'rejected', 'the token endpoint answers with status 302'],
    [
      'a text that only contains invalid_grant',
      () => refusal(400, 'The planted-refresh made invalid_grant'),
      'rejected',
      'the token endpoint answers with status 400',
    ],
    [
      'nobody there',
      () => Promise.reject(new TypeError('fetch failed')),
      'network',
      'the server cannot be reached (TypeError)',
    ],
    [
      'no JSON',
      () => new Response('planted-refresh'),
      'malformed_answer',
      'the answer of the token endpoint contains no tokens',
    ],
    ['too much', () => new Response('x'.repeat(65_537)), 'too_large', 'the answer has more than 65536 bytes'],
    [
      'a token of two lines',
      () => Response.json({ ...GOOD, access_token: 'planted\nline' }),
      'malformed_answer',
      'the answer of the token endpoint contains no tokens',
    ],
  ])('%s', async (_name, answer, outcome, detail) => {
    fixture.login(5);
    const kept = await fixture.keep(answer);
    expect(kept.trouble).toBe(`the refresh failed: ${detail}; the next attempt is at 2026-07-22T12:05:00.000Z`);
    expect(fixture.outcomes).toEqual([outcome]);
    expect(`${kept.trouble} ${inspect(kept, { depth: 9 })} ${JSON.stringify(kept)}`).not.toContain('planted');
    expect(fixture.parts()).toEqual(['planted-access', 'planted-refresh', String(NOW + 5 * MINUTE)]);
    fixture.now += 5 * MINUTE - 1;
    await fixture.keep();
    expect(fixture.requests).toHaveLength(1);
  });

  test('has a time limit', async () => {
    fixture.login(5);
    const never = (init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error())));
    const { trouble } = await fixture.keep(never, 20);
    expect(fixture.outcomes).toEqual(['timeout']);
    expect(trouble).toContain('no complete answer within 0.02 s');
  });

  test('waits as long as the endpoint requests, within six hours', async () => {
    fixture.login(5);
    expect((await fixture.keep(() => refusal(429, 'slow_down', { 'retry-after': '3600' }))).trouble).toContain(
      '13:00:00.000Z',
    );
    fixture.put('refreshToken', 'planted-new-login');
    expect((await fixture.keep(() => refusal(429, 'slow_down', { 'retry-after': '99999' }))).trouble).toContain(
      '18:00:00.000Z',
    );
  });
});
