import { describe, expect, test } from 'vitest';
import type { WindowUsage } from '../usage/usage-body.ts';
import { combineSources, disagreements, sourceOf, statuslineValidUntil, updateLastKnown } from './current-usage.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RESET = NOW + 2 * HOUR;

const session = (percent: number, resetsAt = RESET) => ({ window: 'five_hour', percent, resetsAt });
const opus = { window: 'seven_day_opus', percent: 12 };
const snapshot = { fetchedAt: NOW, windows: [{ ...session(40), active: true }, opus], unknownKeys: ['new'] };
const told = (windows: readonly WindowUsage[], seenAt = NOW + MINUTE) => ({ seenAt, windows });
const combine = (polled: { fresh: boolean } | undefined, statusline?: ReturnType<typeof told>) =>
  combineSources(polled && { snapshot, ...polled }, statusline, NOW + 2 * MINUTE, HOUR);

describe('of two sources', () => {
  test('a fresher status line gives its windows, and the poll the others', () => {
    const current = combine({ fresh: true }, told([session(42)]));
    expect(current).toEqual({
      snapshot: { ...snapshot, windows: [{ ...session(42), active: true }, opus] },
      source: 'official_api',
      fromStatusline: new Set(['five_hour']),
    });
    expect(current && [sourceOf(current, 'five_hour'), sourceOf(current, 'seven_day_opus')]).toEqual([
      'statusline',
      'official_api',
    ]);
  });

  test('a fresher poll wins', () => {
    expect(combine({ fresh: true }, told([session(42)], NOW - 1))).toEqual({ snapshot, source: 'official_api' });
  });

  test('a status line that tells less of the same window has heard it earlier', () => {
    expect(combine({ fresh: true }, told([session(39)]))).toEqual({ snapshot, source: 'official_api' });
    expect(combine({ fresh: true }, told([session(99, RESET - 90 * MINUTE)]))?.source).toBe('official_api');
  });

  test('the next window wins though less of it is used, when the one of the poll is over or the poll is stale', () => {
    const next = session(1, RESET + 5 * HOUR);
    expect(combine({ fresh: false }, told([next]))?.snapshot.windows[0]).toMatchObject(next);
    const atReset = combineSources({ snapshot, fresh: true }, told([next], RESET - 1), RESET, 3 * HOUR);
    expect(atReset?.snapshot.windows[0]).toMatchObject(next);
  });

  test('while a fresh poll says that its window goes on, a status line with another one is of another login', () => {
    expect(combine({ fresh: true }, told([session(99, RESET + 2 * HOUR)]))?.snapshot.windows[0]?.percent).toBe(40);
  });

  test('the status line is the source when polls fail, and the windows that only they know are stale', () => {
    const current = combine({ fresh: false }, told([session(40)]));
    expect(current).toMatchObject({ source: 'statusline', snapshot: { fetchedAt: NOW + MINUTE } });
    expect(current && sourceOf(current, 'seven_day_opus')).toBe('official_api_stale');
  });

  test('what a stale status line told is not shown, and a stale poll is', () => {
    const current = combine({ fresh: false }, told([session(42)], NOW + 2 * MINUTE - HOUR - 1));
    expect(current).toEqual({ snapshot, source: 'official_api_stale' });
  });

  test('the status line alone is enough', () => {
    expect(combine(undefined, told([session(40)]))).toEqual({
      snapshot: { fetchedAt: NOW + MINUTE, windows: [session(40)], unknownKeys: [] },
      source: 'statusline',
      fromStatusline: new Set(['five_hour']),
    });
    expect(combine(undefined)).toBeUndefined();
  });
});

describe('the sources disagree', () => {
  const apart = (windows: WindowUsage[], seenAt = NOW + MINUTE) =>
    disagreements({ snapshot, fresh: true }, told(windows, seenAt), NOW + 2 * MINUTE, HOUR);

  test('by the difference about one window, whichever is higher', () => {
    expect(apart([session(42.5)])).toEqual([{ window: 'five_hour', percent: 2.5 }]);
    expect(apart([session(37.5)])).toEqual([{ window: 'five_hour', percent: 2.5 }]);
    expect(apart([session(40)])).toEqual([{ window: 'five_hour', percent: 0 }]);
  });

  test('also where the status line is of another login, whose windows reset at other times', () => {
    expect(apart([session(90, RESET + 2 * HOUR)])).toEqual([{ window: 'five_hour', percent: 50 }]);
  });

  test('about nothing where they tell of other windows or of other times', () => {
    const over = disagreements({ snapshot, fresh: true }, told([session(1, RESET + HOUR)], RESET), RESET, 3 * HOUR);
    expect(over).toEqual([]);
    expect(apart([{ window: 'seven_day', percent: 1 }])).toEqual([]);
    expect(apart([session(42)], NOW - 10 * MINUTE - 1)).toEqual([]);
    expect(disagreements(undefined, told([session(1)]), NOW, HOUR)).toEqual([]);
  });
});

test('the word of a status line lasts until a window is over, or until it is too old', () => {
  expect(statuslineValidUntil(told([session(1)]), NOW, 3 * HOUR)).toBe(RESET);
  expect(statuslineValidUntil(told([session(1)]), NOW, HOUR)).toBe(NOW + MINUTE + HOUR + 1);
  expect(statuslineValidUntil(told([session(1)]), RESET, 3 * HOUR)).toBe(Number.POSITIVE_INFINITY);
  expect(statuslineValidUntil(undefined, NOW, HOUR)).toBe(Number.POSITIVE_INFINITY);
});

describe('the last known windows', () => {
  const lowSession = { window: 'five_hour', percent: 95, resetsAt: 100 };
  const week = { window: 'seven_day', percent: 40, resetsAt: 900 };

  test('a newer value replaces the older one, lower or higher', () => {
    const lower = { ...lowSession, percent: 2 };
    expect(updateLastKnown([lowSession, week], [lower], 0)).toEqual([lower, week]);
  });

  test('a window that an answer leaves out stays known until it resets', () => {
    expect(updateLastKnown([lowSession, week], [], 99)).toEqual([lowSession, week]);
    expect(updateLastKnown([lowSession, week], [], 100)).toEqual([week]);
  });

  test('a window that has not begun makes what was known of it void', () => {
    expect(updateLastKnown([lowSession], [{ window: 'five_hour', percent: 0 }], 0)).toEqual([]);
  });
});
