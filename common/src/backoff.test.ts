import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';

test.each([
  [1, 500],
  [2, 1000],
  [3, 2000],
  [8, 60_000],
  [5000, 60_000],
])('attempt %i waits %i ms, doubling from half a second to a minute', (attempt, expected) => {
  expect(backoff(attempt, 500, 60_000)).toBe(expected);
});
