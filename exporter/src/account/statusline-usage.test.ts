import { describe, expect, test } from 'vitest';
import { liveReport } from './sources.ts';
import { takeStatusline } from './statusline-usage.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RESET = NOW + 2 * HOUR;

const session = (percent: number, resetsAt = RESET) => ({ window: 'five_hour', percent, resetsAt });
const week = (percent: number) => ({ window: 'seven_day', percent, resetsAt: NOW + 72 * HOUR });
const held = { source: 'statusline' as const, seenAt: NOW, windows: [session(40), week(10)] };
const take = (told: Parameters<typeof takeStatusline>[1], now = NOW + MINUTE) => takeStatusline(held, told, now, HOUR);

describe('a status line', () => {
  test('is news if nothing was known', () => {
    expect(takeStatusline(undefined, [week(10), session(40)], NOW, HOUR)).toEqual(held);
  });

  test('is news if a window is used more, and the other windows stay', () => {
    expect(take([session(41)])).toEqual({
      source: 'statusline',
      seenAt: NOW + MINUTE,
      windows: [session(41), week(10)],
    });
  });

  test('is no news if it repeats or is lower: an idle session repeats old numbers', () => {
    expect(take([session(40), week(10)])).toBeUndefined();
    expect(take([session(39)])).toBeUndefined();
    expect(take([])).toBeUndefined();
  });

  test('is news if the next window has started, and none if it shows the previous one', () => {
    expect(take([session(1, RESET + 5 * HOUR)])?.windows).toEqual([session(1, RESET + 5 * HOUR), week(10)]);
    expect(take([session(99, RESET - 5 * HOUR)])).toBeUndefined();
  });

  test('does not take seconds between two resets for another window', () => {
    expect(take([session(39, RESET + 2_000)])).toBeUndefined();
    expect(take([session(41, RESET - 2_000)])?.windows[0]).toEqual(session(41, RESET - 2_000));
  });

  test('is accepted whatever it shows, once nothing was news for stale_after', () => {
    expect(take([session(2)], NOW + HOUR)).toBeUndefined();
    expect(take([session(2)], NOW + HOUR + 1)).toEqual({
      source: 'statusline',
      seenAt: NOW + HOUR + 1,
      windows: [session(2)],
    });
  });
});

test('a report is live until it is too old, and without the windows that have reset', () => {
  expect(liveReport(held, RESET - 1, 3 * HOUR)).toEqual(held);
  expect(liveReport(held, RESET, 3 * HOUR)).toEqual({ ...held, windows: [week(10)] });
  expect(liveReport(held, NOW + HOUR + 1, HOUR)).toBeUndefined();
  expect(liveReport(held, NOW + 100 * HOUR, 200 * HOUR)).toBeUndefined();
  expect(liveReport(undefined, NOW, HOUR)).toBeUndefined();
});

test('a report from the future, stored before the clock was set back, is not live for longer than any other', () => {
  expect(liveReport(held, NOW - HOUR, HOUR)).toEqual(held);
  expect(liveReport(held, NOW - HOUR - 1, HOUR)).toBeUndefined();
});
