import { Secret } from '@repo/common/secret';
import { expect, test } from 'vitest';
import { neverAskClaudeCode } from '../../test/claude-stand-in.ts';
import type { AccountState } from '../account/account-state.ts';
import { API_LIMITS } from '../account/poll-policy.ts';
import { pollAccount } from './poll.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const before: AccountState = {
  account: 'work',
  failures: 3,
  requests: [NOW - 1000],
  blockedUntil: NOW - 1,
  accessTokenExpiresAt: NOW,
};

/** Polls an account whose request takes two seconds. */
function poll(answer: Response) {
  const events: string[] = [];
  let now = NOW;
  const result = pollAccount(
    {
      name: 'work',
      credentials: { kind: 'access_token', token: Secret.of('token') },
      endpoint: 'https://api.example.org',
      polled: true,
      limits: { intervalMs: 300_000, ...API_LIMITS },
    },
    before,
    { userAgent: 'test', timeoutMs: 60_000 },
    {
      now: () => now,
      readCredentials: async () => ({ ok: true, token: Secret.of('token') }),
      askClaudeCode: neverAskClaudeCode,
      claimRequest: (account, at) => events.push(`recorded ${account} ${at - NOW}`),
      fetch: async () => {
        events.push('requested');
        now += 2_000;
        return answer;
      },
    },
    new AbortController().signal,
  );
  return { result, events };
}

test('a good answer replaces the snapshot and ends failures and blocks', async () => {
  const { result, events } = poll(new Response('{"seven_day": {"utilization": 30, "resets_at": null}}'));
  expect(await result).toEqual({
    outcome: 'success',
    requested: true,
    durationMs: 2_000,
    schemaErrors: [],
    state: {
      account: 'work',
      failures: 0,
      requests: [NOW - 1000, NOW],
      lastPoll: { at: NOW + 2_000, outcome: 'success' },
      snapshot: { fetchedAt: NOW + 2_000, windows: [{ window: 'seven_day', percent: 30 }], unknownKeys: [] },
      windowStarts: [],
    },
  });
  expect(events).toEqual(['recorded work 0', 'requested']);
});

test('a lapsed account has no windows, which is no failure', async () => {
  const { result } = poll(new Response('{"five_hour": null, "seven_day": null, "limits": []}'));
  expect(await result).toMatchObject({ outcome: 'success', state: { snapshot: { windows: [] } } });
});

test('a part that can not be read costs neither the rest nor the success', async () => {
  const body = '{"five_hour": {"utilization": "much"}, "seven_day": {"utilization": 30, "resets_at": null}}';
  expect(await poll(new Response(body)).result).toMatchObject({
    outcome: 'success',
    state: { snapshot: { windows: [{ window: 'seven_day' }] } },
    schemaErrors: [{ section: 'five_hour', message: 'five_hour.utilization: must be a number' }],
  });
});

test('429 blocks from the answer on', async () => {
  const { result } = poll(new Response('', { status: 429, headers: { 'retry-after': '1600' } }));
  expect((await result).state).toMatchObject({ failures: 4, blockedUntil: NOW + 2_000 + 2_500_000 });
});

test('an earlier block does not outlive the next answer', async () => {
  expect((await poll(new Response('', { status: 503 })).result).state).not.toHaveProperty('blockedUntil');
});

test('a body with nothing of a usage answer is a wrong shape', async () => {
  const { result } = poll(new Response('{"error": {"type": "overloaded"}}'));
  expect((await result).state.lastPoll).toEqual({
    at: NOW + 2_000,
    outcome: 'wrong_shape',
    detail: 'the body has no section of a usage answer',
  });
});

test("the clocks are compared at the middle of the request, and of the Date header's second", async () => {
  const { result } = poll(new Response('', { status: 503, headers: { date: 'Wed, 22 Jul 2026 12:00:09 GMT' } }));
  expect((await result).state.clockSkewMs).toBe(8_500);
});
