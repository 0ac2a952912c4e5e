import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccountState } from '../account/account-state.ts';
import { API_LIMITS, firstPollAt } from '../account/poll-policy.ts';
import { type History, openHistory } from '../history/history.ts';
import { askPlan, isPlanDue } from './plan-turn.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PROFILE = '{"organization": {"organization_type": "claude_max", "rate_limit_tier": "default_claude_max_5x"}}';
const before: AccountState = {
  account: 'work',
  failures: 0,
  requests: [NOW - 1000],
  lastPoll: { at: NOW - 1000, outcome: 'success' },
};
const known = { askedAt: NOW - DAY, plan: 'claude_pro' };

let history: History;
beforeEach(() => {
  history = openHistory(':memory:', NOW);
});
afterEach(() => history[Symbol.dispose]());

function ask(answer: () => Response | Error, state = before, hasCredentials = true) {
  const troubles: (string | undefined)[] = [];
  const urls: string[] = [];
  const result = askPlan(
    {
      name: 'work',
      credentials: { kind: 'access_token', token: Secret.of('token') },
      endpoint: 'https://api.example.org',
      polled: true,
      limits: { intervalMs: 300_000, ...API_LIMITS },
    },
    state,
    { userAgent: 'test', timeoutMs: 60_000 },
    {
      now: () => NOW,
      fetch: async (url) => {
        urls.push(String(url));
        const reply = answer();
        if (reply instanceof Error) throw reply;
        return reply;
      },
      readCredentials: async () =>
        hasCredentials
          ? { ok: true, token: Secret.of('token') }
          : { ok: false, reason: 'no_credentials', detail: 'there is none' },
      history,
      events: { planAsked: (_account, trouble) => troubles.push(trouble) },
    },
    new AbortController().signal,
  );
  return { result, troubles, urls };
}

describe('the plan is asked for', () => {
  test('when the last poll was good and a day has passed', () => {
    expect(isPlanDue(before, NOW)).toBe(true);
    expect(isPlanDue({ ...before, plan: known }, NOW - 1)).toBe(false);
    expect(isPlanDue({ ...before, plan: known }, NOW)).toBe(true);
  });

  test('not before a poll was good: a login without the right to it brings a block', () => {
    expect(isPlanDue({ ...before, lastPoll: { at: NOW, outcome: 'forbidden' } }, NOW)).toBe(false);
  });

  test('though it was last asked for in the future, when the clock was wrong', () => {
    expect(isPlanDue({ ...before, plan: { askedAt: NOW + DAY } }, NOW)).toBe(true);
  });
});

test('the answer is kept, and the request counts like any other', async () => {
  const { result, urls, troubles } = ask(() => new Response(PROFILE));
  const plan = { askedAt: NOW, plan: 'claude_max', rateLimitTier: 'default_claude_max_5x' };
  expect(await result).toEqual({ ...before, requests: [NOW - 1000, NOW], plan });
  expect(urls).toEqual(['https://api.example.org/api/oauth/profile']);
  expect(history.recentRequests('work', NOW)).toEqual([NOW]);
  expect(history.loadState('work', NOW).plan).toEqual(plan);
  expect(troubles).toEqual([undefined]);
});

test.each([
  [() => new TypeError('fetch failed'), 'the server cannot be reached (TypeError)'],
  [() => new Response('{}'), 'the profile names no plan'],
])(
  'a failure keeps the plan that was known, changes nothing else, and is not repeated today',
  async (answer, trouble) => {
    const { result, troubles } = ask(answer, { ...before, plan: known });
    const state = await result;
    expect(state).toEqual({ ...before, requests: [NOW - 1000, NOW], plan: { ...known, askedAt: NOW } });
    expect(state && isPlanDue(state, NOW + DAY - 1)).toBe(false);
    expect(troubles).toEqual([trouble]);
  },
);

test.each([
  [429, { blockedUntil: NOW + 1_200_000 }],
  [403, { pausedUntil: NOW + HOUR }],
])('a %s applies to the usage endpoint as well, after a restart, too', async (status, blocks) => {
  const state = await ask(() => new Response('{}', { status, headers: { 'content-type': 'application/json' } })).result;
  expect(state).toMatchObject(blocks);
  expect(history.loadState('work', NOW)).toMatchObject(blocks);
  const limits = { intervalMs: 300_000, ...API_LIMITS };
  expect(state && firstPollAt(state, limits, NOW)).toBe(Object.values(blocks)[0]);
});

test('that it was asked for is on disk before the answer', async () => {
  let stored: unknown;
  await ask(() => {
    stored = history.loadState('work', NOW).plan;
    return new Response(PROFILE);
  }).result;
  expect(stored).toEqual({ askedAt: NOW });
});

test('an answer that can not be stored was asked for all the same, so no poll follows at once', async () => {
  const { saveState } = history;
  let saves = 0;
  history.saveState = (state) => {
    saves += 1;
    if (saves === 2) throw new Error('database or disk is full');
    saveState(state);
  };
  const { result, troubles } = ask(() => new Response(PROFILE));
  expect(await result).toMatchObject({ requests: [NOW - 1000, NOW], plan: { askedAt: NOW, plan: 'claude_max' } });
  expect(troubles).toEqual([undefined, 'database or disk is full']);
});

test('without credentials, budget or storage nothing is asked, and the turn is a poll', async () => {
  const noCredentials = ask(() => new Response(PROFILE), before, false);
  expect(await noCredentials.result).toBeUndefined();
  for (let i = 0; i < 20; i += 1) history.claimRequest('work', NOW - 20 + i, { ...API_LIMITS, floorMs: 0 });
  const noBudget = ask(() => new Response(PROFILE));
  expect(await noBudget.result).toBeUndefined();
  history.claimRequest = () => {
    throw new Error('database or disk is full');
  };
  const noStorage = ask(() => new Response(PROFILE));
  expect(await noStorage.result).toBeUndefined();
  expect(noStorage.troubles).toEqual(['database or disk is full']);
  expect([noCredentials, noBudget, noStorage].flatMap(({ urls }) => urls)).toEqual([]);
});
