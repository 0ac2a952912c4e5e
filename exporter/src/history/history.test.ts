import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccountState } from '../account/account-state.ts';
import { API_LIMITS, firstPollAt } from '../account/poll-policy.ts';
import { openHistory } from './history.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const HOUR = 3_600_000;
const NO_FLOOR = { ...API_LIMITS, floorMs: 0 };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'history-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = () => join(directory, 'history.sqlite');

const state: AccountState = {
  account: 'work',
  lastPoll: { at: NOW, outcome: 'rate_limited', detail: 'the API limits the request rate (429)' },
  snapshot: {
    fetchedAt: NOW - 300_000,
    windows: [
      { window: 'five_hour', percent: 57.5, resetsAt: NOW + HOUR, active: true },
      { window: 'seven_day_opus', percent: 0 },
    ],
    extraUsage: { enabled: true, used: { amount: 1.05, currency: 'EUR' } },
    unknownKeys: ['new_key'],
  },
  blockedUntil: NOW + 1_200_000,
  plan: { askedAt: NOW - HOUR, plan: 'claude_max' },
  failures: 1,
  requests: [],
  accessTokenExpiresAt: NOW + HOUR,
  loginExpiresAt: NOW + 100 * HOUR,
  clockSkewMs: -1500,
  organization: '0123456789abcdef',
  loginSince: NOW - 50 * HOUR,
  completeAt: NOW - 300_000,
  pausedUntil: NOW + HOUR,
};

function rows(sql: string) {
  using database = new DatabaseSync(path());
  return database
    .prepare(sql)
    .all()
    .map((row) => Object.values(row));
}

test('the state of an account survives, with the requests of the trailing hour', () => {
  {
    using history = openHistory(path(), NOW);
    history.saveState(state);
    for (const time of [NOW - HOUR, NOW - 1000, NOW]) history.claimRequest('work', time, NO_FLOOR);
    history.claimRequest('home', NOW, NO_FLOOR);
  }
  using history = openHistory(path(), NOW);
  expect(history.loadState('work', NOW)).toEqual({ ...state, requests: [NOW - 1000, NOW] });
  expect(history.loadState('new', NOW)).toEqual({ account: 'new', failures: 0, requests: [] });
});

test('the first start is remembered', () => {
  for (const now of [NOW, NOW + HOUR]) {
    using history = openHistory(path(), now);
    expect(history.armedAt).toBe(NOW);
  }
});

test('each good poll leaves one sample a window, however often its state is saved', () => {
  {
    using history = openHistory(path(), NOW);
    history.saveState(state);
    history.saveState({ ...state, failures: 2 });
  }
  expect(rows('SELECT * FROM samples ORDER BY window')).toEqual([
    ['work', 'five_hour', NOW - 300_000, 57.5, NOW + HOUR, 'official_api'],
    ['work', 'seven_day_opus', NOW - 300_000, 0, null, 'official_api'],
  ]);
});

test('reports of status lines are kept as separate samples, and the latest of each window survives a restart', () => {
  const first = {
    seenAt: NOW,
    windows: [
      { window: 'five_hour', percent: 40, resetsAt: NOW + HOUR },
      { window: 'seven_day', percent: 7.5 },
    ],
  };
  const second = { seenAt: NOW + 1000, windows: [{ window: 'five_hour', percent: 41, resetsAt: NOW + HOUR }] };
  {
    using history = openHistory(path(), NOW);
    history.saveReport('work', { source: 'statusline', ...first });
    history.saveReport('work', { source: 'statusline', ...second });
    history.saveState({ ...state, snapshot: { fetchedAt: NOW + 2000, windows: first.windows, unknownKeys: [] } });
  }
  using history = openHistory(path(), NOW);
  expect(history.loadReport('work', 'statusline', NOW)).toEqual({
    source: 'statusline',
    seenAt: NOW + 1000,
    windows: [second.windows[0], first.windows[1]],
  });
  expect(history.loadReport('work', 'statusline', NOW + 1)).toEqual({ source: 'statusline', ...second });
  expect(history.loadReport('work', 'statusline', NOW + 1001)).toBeUndefined();
  expect(rows("SELECT window, time, percent FROM samples WHERE source = 'statusline' ORDER BY time, window")).toEqual([
    ['five_hour', NOW, 40],
    ['seven_day', NOW, 7.5],
    ['five_hour', NOW + 1000, 41],
  ]);
});

test('several processes on one file wait for the floor after the request of any of them', () => {
  using first = openHistory(path(), NOW);
  using second = openHistory(path(), NOW);
  expect(first.claimRequest('work', NOW, API_LIMITS)).toEqual({ granted: true });
  expect(second.claimRequest('work', NOW + 1, API_LIMITS)).toEqual({ granted: false, notBefore: NOW + 180_000 });
  expect(second.claimRequest('work', NOW + 180_000, API_LIMITS)).toEqual({ granted: true });
});

test('after the clock was set back, requests keep their distance, and the next is due at once', () => {
  using history = openHistory(path(), NOW);
  for (let i = 0; i < 5; i += 1) history.claimRequest('work', NOW + 9 * HOUR + i * 300_000, API_LIMITS);
  expect(history.claimRequest('work', NOW, API_LIMITS)).toEqual({ granted: true });
  expect(history.recentRequests('work', NOW)).toEqual([23, 18, 13, 8, 3, 0].map((minutes) => NOW - minutes * 60_000));
});

test('a log full of future requests costs neither the start nor a poll', () => {
  using history = openHistory(path(), NOW);
  {
    using database = new DatabaseSync(path());
    database.exec(
      `INSERT INTO requests WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT 'work', ${NOW + HOUR} + i FROM n`,
    );
  }
  const { requests } = history.loadState('work', NOW);
  expect(firstPollAt({ requests }, API_LIMITS, NOW)).toBeGreaterThan(NOW + HOUR / 2);
  expect(history.claimRequest('work', NOW, API_LIMITS).granted).toBe(false);
  expect(history.claimRequest('work', NOW + HOUR, API_LIMITS)).toEqual({ granted: true });
}, 30_000);

test('the log of requests does not grow beyond an hour', () => {
  {
    using history = openHistory(path(), NOW);
    for (let i = 0; i < 100; i += 1) history.claimRequest('work', NOW + i * 600_000, API_LIMITS);
  }
  expect(rows('SELECT count(*) FROM requests')).toEqual([[6]]);
});

test('two processes on one file get no more requests than the budget of the hour, each account its own', () => {
  using first = openHistory(path(), NOW);
  using second = openHistory(path(), NOW);
  const granted = Array.from({ length: 30 }, (_, i) => {
    const history = i % 2 === 0 ? first : second;
    return history.claimRequest('work', NOW + i * 1000, NO_FLOOR).granted;
  });
  expect(granted.filter(Boolean)).toHaveLength(20);
  expect(granted.slice(20)).not.toContain(true);
  expect(second.claimRequest('home', NOW, NO_FLOOR)).toEqual({ granted: true });
  expect(first.claimRequest('work', NOW + 30_000, NO_FLOOR)).toEqual({ granted: false, notBefore: NOW + HOUR });
  expect(second.claimRequest('work', NOW + HOUR, NO_FLOOR)).toEqual({ granted: true });
});

test('a state that another version wrote otherwise is begun anew', () => {
  {
    using history = openHistory(path(), NOW);
    history.saveState(state);
  }
  {
    using database = new DatabaseSync(path());
    database.exec(`UPDATE accounts SET state = '{"failures": "one"}'`);
  }
  using history = openHistory(path(), NOW);
  expect(history.loadState('work', NOW)).toEqual({ account: 'work', failures: 0, requests: [] });
});

test('a file of a newer release is refused by both versions', () => {
  {
    using database = new DatabaseSync(path());
    database.exec('PRAGMA user_version = 9');
  }
  expect(() => openHistory(path(), NOW)).toThrow(
    `${path()} has schema version 9, but this program supports versions up to 4. A newer release wrote the file. Run that release, or move the file away.`,
  );
});

describe('caps of the gate', () => {
  test('are off until they are set, and survive', () => {
    {
      using history = openHistory(path(), NOW);
      expect(history.loadCaps('work')).toEqual({ sessionPct: null, weekPct: null });
      history.saveCaps('work', { sessionPct: 90, weekPct: 1 });
      history.saveCaps('work', { sessionPct: 90, weekPct: null });
    }
    using history = openHistory(path(), NOW);
    expect(history.loadCaps('work')).toEqual({ sessionPct: 90, weekPct: null });
    expect(history.loadCaps('home')).toEqual({ sessionPct: null, weekPct: null });
  });

  test('come to a file of the version without them, which keeps all it has', () => {
    {
      using history = openHistory(path(), NOW);
      history.saveState(state);
    }
    {
      using database = new DatabaseSync(path());
      database.exec('DROP TABLE gate_caps; DROP TABLE thinned; DROP TABLE forecasts; PRAGMA user_version = 1');
    }
    using history = openHistory(path(), NOW + HOUR);
    expect(history.armedAt).toBe(NOW);
    expect(history.loadState('work', NOW)).toEqual(state);
    expect(history.loadCaps('work')).toEqual({ sessionPct: null, weekPct: null });
    history.saveCaps('work', { sessionPct: 90, weekPct: 80 });
    expect(history.loadCaps('work')).toEqual({ sessionPct: 90, weekPct: 80 });
  });
});

test('each window is known as its newest sample has it, and its samples come oldest first', () => {
  using history = openHistory(path(), NOW);
  const windows = state.snapshot?.windows ?? [];
  const polls = [
    [NOW - HOUR, 60, NOW + HOUR],
    [NOW - HOUR / 2, 2, undefined],
    [NOW, 4, NOW + 6 * HOUR],
  ] as const;
  for (const [fetchedAt, percent, resetsAt] of polls) {
    const session = { window: 'five_hour', percent, ...(resetsAt === undefined ? {} : { resetsAt }) };
    const others = fetchedAt === NOW ? [] : windows.filter(({ window }) => window !== 'five_hour');
    history.saveState({ ...state, snapshot: { fetchedAt, windows: [session, ...others], unknownKeys: [] } });
  }
  expect(history.lastKnownWindows('work', NOW - HOUR)).toEqual([
    { window: 'five_hour', percent: 4, resetsAt: NOW + 6 * HOUR },
    { window: 'seven_day_opus', percent: 0 },
  ]);
  expect(history.lastKnownWindows('work', NOW)).toHaveLength(1);
  expect(history.lastKnownWindows('home', 0)).toEqual([]);
  expect(history.samplesSince('work', 'five_hour', NOW - HOUR / 2)).toEqual([
    { at: NOW - HOUR / 2, percent: 2 },
    { at: NOW, percent: 4 },
  ]);
});

test('imported samples come before those of this installation, and replace none', () => {
  using history = openHistory(path(), NOW);
  history.saveState(state);
  const { fetchedAt = 0 } = state.snapshot ?? {};
  const sample = { window: 'seven_day_opus', percent: 77, resetsAt: NOW + HOUR } as const;
  history.importSamples('work', [
    { ...sample, at: fetchedAt - HOUR },
    { ...sample, at: fetchedAt },
  ]);
  expect(history.samplesSince('work', 'seven_day_opus', 0)).toEqual([
    { at: fetchedAt - HOUR, percent: 77 },
    { at: fetchedAt, percent: 0 },
  ]);
});
