import { expect, test } from 'vitest';
import { updateWindowStarts, type WindowStart } from './window-starts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;
const NOW = 1_784_600_000_000;
const RESET = Math.round((NOW + 50 * HOUR) / MINUTE) * MINUTE;
const START = RESET - WEEK;

/** The start after polls of the week: minutes since NOW, percent and reset time. */
function startAfter(...polls: [minute: number, percent: number, resetsAt?: number][]): number | undefined {
  let starts: readonly WindowStart[] = [];
  for (const [minute, percent, resetsAt] of polls) {
    const usage = { window: 'seven_day', percent, ...(resetsAt === undefined ? {} : { resetsAt }) };
    starts = updateWindowStarts(starts, [usage], NOW + minute * MINUTE);
  }
  return starts[0]?.startedAt;
}

test('a window starts its duration before its first reset time, in whole minutes', () => {
  expect(startAfter([0, 10, RESET + 900])).toBe(START);
});

test('jitter, moves, flips and an absent reset time leave the start alone', () => {
  expect(
    startAfter(
      [0, 60, RESET + 900],
      [5, 60, RESET - 900],
      [10, 60, RESET + 30 * HOUR],
      [15, 61, RESET],
      [20, 61],
      [25, 60.5, RESET - 10 * HOUR],
      [30, 62, RESET + 20 * HOUR],
    ),
  ).toBe(START);
});

test('a reset time in the past is ignored', () => {
  expect(startAfter([0, 60, RESET], [5, 60, NOW - HOUR], [10, 60, RESET])).toBe(START);
});

test('a rollover is a new window', () => {
  expect(startAfter([0, 60, RESET], [50 * 60 + 1, 0, RESET + WEEK])).toBe(RESET);
});

test('a later reset time with less utilization is a new window', () => {
  expect(startAfter([0, 60, RESET], [5, 0, NOW + WEEK])).toBe(Math.round(NOW / MINUTE) * MINUTE);
});

test('a window that is not reported keeps its start', () => {
  const starts = updateWindowStarts([], [{ window: 'seven_day', percent: 1, resetsAt: RESET }], NOW);
  expect(updateWindowStarts(starts, [{ window: 'five_hour', percent: 1 }], NOW + MINUTE)).toEqual(starts);
});
