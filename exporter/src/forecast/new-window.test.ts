import { expect, test } from 'vitest';
import { HOUR_MS, type UsagePoint } from './method.ts';
import { isNewWindow } from './new-window.ts';

const WEEK = 168 * HOUR_MS;
const before: UsagePoint = { at: 100 * HOUR_MS, percent: 60, resetsAt: WEEK };
const after = (change: Partial<UsagePoint>): UsagePoint => ({ ...before, at: before.at + HOUR_MS, ...change });

test.each([
  ['a reset that passed', { at: WEEK, percent: 0, resetsAt: 2 * WEEK }],
  ['a reset that passed, with more use than before', { at: WEEK + 9 * HOUR_MS, percent: 80, resetsAt: 2 * WEEK }],
  ['an early reset', { percent: 0, resetsAt: 2 * WEEK }],
])('%s begins a new window', (_, change) => {
  expect(isNewWindow(before, after(change))).toBe(true);
});

test.each([
  ['a reset that moved later', { resetsAt: WEEK + 24 * HOUR_MS }],
  ['a reset that moved earlier', { resetsAt: WEEK - 24 * HOUR_MS }],
  ['a reset that differs by seconds', { percent: 58, resetsAt: WEEK + 2_000 }],
  ['a utilization that fell after the limit was raised', { percent: 30 }],
])('%s does not begin a new window', (_, change) => {
  expect(isNewWindow(before, after(change))).toBe(false);
});
