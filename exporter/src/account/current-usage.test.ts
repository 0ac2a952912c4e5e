import { describe, expect, test } from 'vitest';
import type { WindowUsage } from '../usage/usage-body.ts';
import { currentUsage, disagreements, updateLastKnown, windowSource } from './current-usage.ts';
import type { SourceReport } from './sources.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RESET = NOW + 2 * HOUR;

const session = (percent: number, resetsAt = RESET) => ({ window: 'five_hour', percent, resetsAt });
const opus = { window: 'seven_day_opus', percent: 12 };
const snapshot = { fetchedAt: NOW, windows: [{ ...session(40), active: true }, opus], unknownKeys: ['new'] };
const statusline = (windows: readonly WindowUsage[], seenAt = NOW + 2 * MINUTE): SourceReport => ({
  source: 'statusline',
  seenAt,
  windows,
});

describe('the current usage', () => {
  const current = (polled: { fresh: boolean } | undefined, ...others: SourceReport[]) =>
    currentUsage(polled && { snapshot, ...polled }, others, NOW + 3 * MINUTE);

  test('has the windows of the poll and, where it is newer, of the status line', () => {
    const usage = current({ fresh: true }, statusline([session(42)]));
    expect(usage).toEqual({
      snapshot: { ...snapshot, windows: [{ ...session(42), active: true }, opus] },
      source: 'official_api',
      windowSources: new Map([
        ['five_hour', { source: 'statusline', seenAt: NOW + 2 * MINUTE }],
        ['seven_day_opus', { source: 'official_api', seenAt: NOW }],
      ]),
    });
  });

  test('comes from the status line when polls fail, and what only a poll knows is stale', () => {
    const usage = current({ fresh: false }, statusline([session(40)]));
    expect(usage).toMatchObject({ source: 'statusline', snapshot: { fetchedAt: NOW + 2 * MINUTE } });
    expect(usage && windowSource(usage, 'seven_day_opus')).toEqual({ source: 'official_api_stale', seenAt: NOW });
    expect(current({ fresh: false })).toMatchObject({ source: 'official_api_stale', snapshot });
  });

  test('comes from Claude Code where that was asked', () => {
    const asked = { ...snapshot, source: 'claude_code' as const };
    expect(currentUsage({ snapshot: asked, fresh: true }, [], NOW)?.source).toBe('claude_code');
    expect(currentUsage({ snapshot: asked, fresh: false }, [], NOW)?.source).toBe('official_api_stale');
  });

  test('needs no poll', () => {
    expect(current(undefined, statusline([session(40)]))).toEqual({
      snapshot: { fetchedAt: NOW + 2 * MINUTE, windows: [session(40)], unknownKeys: [] },
      source: 'statusline',
      windowSources: new Map([['five_hour', { source: 'statusline', seenAt: NOW + 2 * MINUTE }]]),
    });
    expect(current(undefined)).toBeUndefined();
  });

  test('leaves out a window whose reset has passed, whatever reported it', () => {
    const windowsAt = (fresh: boolean, now: number) =>
      currentUsage({ snapshot, fresh }, [], now)?.snapshot.windows.map(({ window }) => window);
    for (const fresh of [true, false]) {
      expect(windowsAt(fresh, RESET - 1)).toEqual(['five_hour', 'seven_day_opus']);
      expect(windowsAt(fresh, RESET)).toEqual(['seven_day_opus']);
    }
  });

  test('is none once every window of an old poll has reset, but a poll that found no window is usage', () => {
    const reset = { ...snapshot, windows: [session(40)] };
    expect(currentUsage({ snapshot: reset, fresh: false }, [], RESET)).toBeUndefined();
    const none = { ...snapshot, windows: [] };
    expect(currentUsage({ snapshot: none, fresh: false }, [], RESET)?.source).toBe('official_api_stale');
    expect(currentUsage({ snapshot: none, fresh: true }, [], RESET)?.source).toBe('official_api');
  });
});

describe('the sources disagree', () => {
  const apart = (windows: WindowUsage[], seenAt = NOW + MINUTE, now = NOW + 2 * MINUTE) =>
    disagreements({ snapshot, fresh: true }, statusline(windows, seenAt), now);

  test('by the difference about one window, whichever is higher', () => {
    expect(apart([session(42.5)])).toEqual([{ window: 'five_hour', percent: 2.5 }]);
    expect(apart([session(37.5)])).toEqual([{ window: 'five_hour', percent: 2.5 }]);
    expect(apart([session(40)])).toEqual([{ window: 'five_hour', percent: 0 }]);
  });

  test('also where the status line belongs to another login, whose windows reset at other times', () => {
    expect(apart([session(90, RESET + 2 * HOUR)])).toEqual([{ window: 'five_hour', percent: 50 }]);
  });

  test('about nothing where they report other windows or other times', () => {
    expect(apart([session(1, RESET + HOUR)], RESET, RESET)).toEqual([]);
    expect(apart([{ window: 'seven_day', percent: 1 }])).toEqual([]);
    expect(apart([session(42)], NOW - 10 * MINUTE - 1)).toEqual([]);
    expect(disagreements(undefined, statusline([session(1)]), NOW)).toEqual([]);
  });
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
