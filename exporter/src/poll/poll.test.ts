import { Secret } from '@repo/common/secret';
import { describe, expect, test } from 'vitest';
import { neverAskClaudeCode } from '../../test/claude-stand-in.ts';
import type { AccountState } from '../account/account-state.ts';
import { API_LIMITS } from '../account/poll-policy.ts';
import type { Account } from '../config/config.ts';
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
function poll(
  answer: Response,
  state = before,
  login: { readonly credentials?: Account['credentials']; readonly loginExpiresAt?: number } = {},
) {
  const events: string[] = [];
  let now = NOW;
  const result = pollAccount(
    {
      name: 'work',
      credentials: login.credentials ?? { kind: 'access_token', token: Secret.of('token') },
      endpoint: 'https://api.example.org',
      polled: true,
      limits: { intervalMs: 300_000, ...API_LIMITS },
    },
    state,
    { userAgent: 'test', timeoutMs: 60_000 },
    {
      now: () => now,
      readCredentials: async () => ({
        ok: true,
        token: Secret.of('token'),
        ...(login.loginExpiresAt === undefined ? {} : { loginExpiresAt: login.loginExpiresAt }),
      }),
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

describe('another login in the place of the previous one', () => {
  const ORGANIZATION = 'anthropic-organization-id';
  const USAGE = '{"seven_day": {"utilization": 30, "resets_at": null}}';
  const known: AccountState = {
    ...before,
    snapshot: { fetchedAt: NOW - 1000, windows: [{ window: 'five_hour', percent: 97 }], unknownKeys: [] },
    plan: { askedAt: NOW - 1000, plan: 'claude_max' },
    completeAt: NOW - 1000,
  };
  const answer = (organization?: string) =>
    new Response(USAGE, organization === undefined ? {} : { headers: { [ORGANIZATION]: organization } });

  test('is recognised by the organization of the answer, and everything of the previous one goes', async () => {
    const first = (await poll(answer('org-a'), known).result).state;
    expect(first).toMatchObject({ plan: known.plan, organization: expect.not.stringContaining('org-a') });
    const same = (await poll(answer('org-a'), first).result).state;
    expect(same).toMatchObject({ plan: known.plan, organization: first.organization });
    expect(same).not.toHaveProperty('loginSince');
    const other = (await poll(answer('org-b'), { ...same, completeAt: NOW - 1000 }).result).state;
    expect(other).toMatchObject({ loginSince: NOW, snapshot: { windows: [{ window: 'seven_day' }] } });
    expect(other).not.toHaveProperty('plan');
    expect(other).not.toHaveProperty('completeAt');
    expect(other.organization).not.toBe(first.organization);
  });

  test('is recognised by a new end of the login of Claude Code, even if the poll fails', async () => {
    const credentials = { kind: 'claude_config_dir', directory: '/c' } as const;
    const login = { ...known, loginExpiresAt: NOW + 1_000_000 };
    const failing = () => new Response('', { status: 503 });
    const same = (await poll(failing(), login, { credentials, loginExpiresAt: NOW + 1_000_000 }).result).state;
    expect(same.snapshot).toEqual(known.snapshot);
    const other = (await poll(failing(), login, { credentials, loginExpiresAt: NOW + 9_000_000 }).result).state;
    expect(other).toMatchObject({ loginSince: NOW });
    expect(other).not.toHaveProperty('snapshot');
    // The exporter's dedicated logins get another end whenever they are refreshed.
    const own = { kind: 'oauth_tokens_dir', directory: '/t' } as const;
    const refreshed = (await poll(failing(), login, { credentials: own, loginExpiresAt: NOW + 9_000_000 }).result)
      .state;
    expect(refreshed.snapshot).toEqual(known.snapshot);
  });

  test('is the same account if its organization is, whatever the login', async () => {
    const credentials = { kind: 'claude_config_dir', directory: '/c' } as const;
    const first = (await poll(answer('org-a'), known, { credentials, loginExpiresAt: NOW + 1_000_000 }).result).state;
    const again = (await poll(answer('org-a'), first, { credentials, loginExpiresAt: NOW + 9_000_000 }).result).state;
    expect(again).toMatchObject({ plan: known.plan });
  });
});

test('a 403 says what to do next', async () => {
  const { state } = await poll(new Response('{}', { status: 403 })).result;
  expect(state.lastPoll?.detail).toMatch(/^this login may not read its usage \(403\); use a full login/);
});
