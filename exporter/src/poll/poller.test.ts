import { readFileSync } from 'node:fs';
import { Secret } from '@repo/common/secret';
import { afterEach, describe, expect, test } from 'vitest';
import { neverAskClaudeCode } from '../../test/claude-stand-in.ts';
import type { AccountState } from '../account/account-state.ts';
import { API_LIMITS } from '../account/poll-policy.ts';
import type { Account } from '../config/config.ts';
import type { CredentialResult } from '../credentials/credentials.ts';
import { type History, openHistory } from '../history/history.ts';
import { runPoller } from './poller.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;
const START = Date.parse('2026-07-20T00:00:00Z');
const BODY = readFileSync(
  new URL('../../../deploy/local/usage-simulator/bodies/july-2026.json', import.meta.url),
  'utf8',
);

const histories: History[] = [];
afterEach(() => {
  for (const history of histories.splice(0)) history[Symbol.dispose]();
});

function account(limits: Partial<Account['limits']> = {}): Account {
  return {
    name: 'work',
    credentials: { kind: 'access_token', token: Secret.of('secret-token') },
    endpoint: 'https://api.example.org',
    polled: true,
    limits: { intervalMs: 5 * MINUTE, ...API_LIMITS, ...limits },
  };
}

/** A poller whose time passes only while it sleeps. `answer` is asked at each request; it may stop the program. */
function virtualPoller(
  answer: (time: number, stop: () => void) => Response | Error,
  setBackBy = (_asleep: number) => 0,
  credentials: CredentialResult = { ok: true, token: Secret.of('secret-token') },
) {
  let now = START;
  let seed = 1;
  let slept = 0;
  const history = openHistory(':memory:', START);
  histories.push(history);
  const requests: number[] = [];
  const profiles: number[] = [];
  const states: AccountState[] = [];

  async function run(polled: Account, polls = Number.POSITIVE_INFINITY): Promise<void> {
    const stopping = new AbortController();
    const ports = {
      now: () => now - setBackBy(slept),
      readCredentials: async () => credentials,
      random: () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed / 2_147_483_647;
      },
      sleep: async (ms: number) => {
        now += ms;
        slept += ms;
      },
      askClaudeCode: neverAskClaudeCode,
      fetch: async (url: unknown) => {
        requests.push(now);
        if (String(url).endsWith('/api/oauth/profile')) profiles.push(now);
        const reply = answer(now, () => stopping.abort());
        if (reply instanceof Error) throw reply;
        return reply;
      },
      history,
      events: { pollFinished() {}, planAsked() {}, refreshed() {}, refreshTrouble() {} },
      replaceState(state: AccountState) {
        states.push(state);
        if (states.length === polls) stopping.abort();
      },
    };
    const settings = { userAgent: 'test', timeoutMs: 15_000 };
    await runPoller(polled, history.loadState(polled.name, now), settings, ports, stopping.signal);
  }
  return { run, requests, profiles, states, history, slept: () => slept };
}

function mostInAnyHour(times: readonly number[]): number {
  let first = 0;
  return times.reduce((most, end, last) => {
    while ((times[first] ?? end) <= end - HOUR) first += 1;
    return Math.max(most, last - first + 1);
  }, 0);
}

function leastGap(times: readonly number[]): number {
  return Math.min(...times.slice(1).map((time, i) => time - (times[i] ?? 0)));
}

describe('over two weeks with failures of every kind and a hundred restarts', { timeout: 30_000 }, () => {
  function answers() {
    let count = 0;
    return (time: number, stop: () => void) => {
      count += 1;
      if (time > START + 2 * WEEK || count % 50 === 0) stop();
      if (count % 7 === 0) return new Response('', { status: 503 });
      if (count % 111 === 0) return new Response('', { status: 429, headers: { 'retry-after': '600' } });
      if (count % 13 === 0) return new TypeError('fetch failed');
      return new Response(BODY);
    };
  }

  test('no hour has more than 20 requests, and no two are closer than three minutes', async () => {
    const { run, requests } = virtualPoller(answers());
    while ((requests.at(-1) ?? START) < START + 2 * WEEK) await run(account({ intervalMs: 3 * MINUTE }));
    expect(requests.length).toBeGreaterThan(4000);
    expect(leastGap(requests)).toBeGreaterThanOrEqual(180_000);
    expect(mostInAnyHour(requests)).toBe(20);
  });

  test('the budget alone keeps to 20, whatever the interval', async () => {
    const { run, requests } = virtualPoller(answers());
    while ((requests.at(-1) ?? START) < START + 2 * WEEK) await run(account({ intervalMs: 10_000, floorMs: 0 }));
    expect(mostInAnyHour(requests)).toBe(20);
  });
});

test('a failure keeps the last good snapshot and says what was wrong', async () => {
  let count = 0;
  const { run, states } = virtualPoller((_time, stop) => {
    count += 1;
    if (count === 3) stop();
    return count === 1 ? new Response(BODY) : new Response('{"five_hour": {"utilization": "57", "resets_at": null}}');
  });
  await run(account());
  expect(states.at(-1)).toMatchObject({
    snapshot: { fetchedAt: START },
    failures: 1,
    lastPoll: { outcome: 'wrong_shape', detail: 'five_hour.utilization: must be a number' },
  });
});

test('a block outlives a restart', async () => {
  const { run, requests } = virtualPoller((_time, stop) => {
    stop();
    return new Response('', { status: 429, headers: { 'retry-after': '1600' } });
  });
  await run(account());
  await run(account());
  expect(requests).toEqual([START, START + 2500_000]);
});

test('the floor outlives a restart', async () => {
  const { run, requests } = virtualPoller((_time, stop) => {
    stop();
    return new Response(BODY);
  });
  await run(account());
  await run(account());
  expect(requests).toEqual([START, START + 180_000]);
});

test('a clock that is set back while it sleeps delays the next poll by no more than the interval', async () => {
  let count = 0;
  const { run, requests, slept } = virtualPoller(
    (_time, stop) => {
      count += 1;
      if (count === 2) stop();
      return new Response(BODY);
    },
    (asleep) => (asleep > 0 ? WEEK : 0),
  );
  await run(account());
  expect(requests).toHaveLength(2);
  expect(slept()).toBeLessThanOrEqual(330_000);
});

test('a clock that is set forward while it sleeps hastens the next poll by no more than the floor allows', async () => {
  let count = 0;
  const { run, requests, slept } = virtualPoller(
    (_time, stop) => {
      count += 1;
      if (count === 2) stop();
      return new Response(BODY);
    },
    (asleep) => (asleep > 0 ? -WEEK : 0),
  );
  await run(account());
  expect(requests).toHaveLength(2);
  expect(slept()).toBe(API_LIMITS.floorMs);
});

test('storage that fails costs neither the poller nor the usage it has just read', async () => {
  let count = 0;
  const { run, states, history } = virtualPoller((_time, stop) => {
    count += 1;
    if (count === 2) stop();
    return new Response(BODY);
  });
  const { saveState } = history;
  Object.assign(history, {
    saveState(state: AccountState) {
      if (count === 1) throw new Error('database or disk is full');
      saveState(state);
    },
  });
  await run(account());
  expect(states[0]?.snapshot?.fetchedAt).toBe(START);
  expect(states[0]?.lastPoll).toEqual({ at: START, outcome: 'internal_error', detail: 'database or disk is full' });
  expect(count).toBe(2);
});

test('without credentials nothing is requested, and they are looked for every minute', async () => {
  const none = { ok: false, reason: 'no_credentials', detail: '/run/token does not exist' } as const;
  const { run, requests, states } = virtualPoller(() => new Response(BODY), undefined, none);
  await run(account(), 3);
  expect(requests).toEqual([]);
  expect(states.map(({ lastPoll }) => lastPoll)).toEqual(
    [0, 1, 2].map((minutes) => ({
      at: START + minutes * MINUTE,
      outcome: 'no_credentials',
      detail: '/run/token does not exist',
    })),
  );
});

test('the plan takes the turn of a poll once a day, over restarts too', async () => {
  const { run, requests, profiles } = virtualPoller((time, stop) => {
    if (time > START + 3 * 24 * HOUR || (time - START) % (7 * HOUR) < 300_000) stop();
    return new Response(BODY);
  });
  while ((requests.at(-1) ?? START) < START + 3 * 24 * HOUR) await run(account());
  expect(profiles).toHaveLength(3);
  expect(leastGap(profiles)).toBeGreaterThanOrEqual(24 * HOUR);
  expect(leastGap(requests)).toBeGreaterThanOrEqual(180_000);
  expect(Math.max(...requests.slice(1).map((time, i) => time - (requests[i] ?? 0)))).toBeLessThanOrEqual(330_000);
});

test('the result of a poll by another process is adopted, with the pause that it requires', async () => {
  let answers = 0;
  const { run, requests, states, history } = virtualPoller((_time, stop) => {
    answers += 1;
    if (answers === 2) stop();
    return new Response(BODY);
  });
  const { saveState } = history;
  Object.assign(history, {
    saveState(state: AccountState) {
      saveState(state);
      if (answers > 1) return;
      // Right after the first poll, `once` runs into a block.
      const lastPoll = { at: START + 10_000, outcome: 'rate_limited', detail: 'the API asks for fewer' } as const;
      saveState({ ...state, lastPoll, failures: 1, blockedUntil: START + HOUR });
    },
  });
  await run(account());
  expect(requests).toEqual([START, START + HOUR]);
  expect(states[1]).toMatchObject({ lastPoll: { outcome: 'rate_limited' }, blockedUntil: START + HOUR });
  expect(states[2]).not.toHaveProperty('blockedUntil');
});
