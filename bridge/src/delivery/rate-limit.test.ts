import { expect, test } from 'vitest';
import { NOON } from '../../test/alerts.ts';
import { RateLimit } from './rate-limit.ts';

test('a limit lasts as long as the homeserver says', () => {
  const limit = new RateLimit();
  expect(limit.remainingMs(NOON)).toBe(0);
  limit.hold(NOON, 5000);
  expect([limit.remainingMs(NOON + 1000), limit.remainingMs(NOON + 5000)]).toEqual([4000, 0]);
});

test('a shorter limit does not end a longer one', () => {
  const limit = new RateLimit();
  limit.hold(NOON, 5000);
  limit.hold(NOON + 1000, 100);
  expect(limit.remainingMs(NOON + 1000)).toBe(4000);
});

test('a clock that is set back ends the limit', () => {
  const limit = new RateLimit();
  limit.hold(NOON, 5000);
  expect(limit.remainingMs(NOON - 1)).toBe(0);
});
