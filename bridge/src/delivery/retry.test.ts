import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeliveryError } from './delivery-error.ts';
import { retryDelay } from './retry.ts';

const unreachable = new DeliveryError('unreachable', 'x');
const limited = (retryAfterMs: number) => new DeliveryError('rate_limited', 'x', { retryAfterMs });

test.each([
  [1, 500],
  [2, 1_000],
  [5, 8_000],
  [7, 32_000],
  [8, 60_000],
  [1_000_000, 60_000],
])('after %d tries the next comes in %d ms', (attempts, ms) => {
  expect(retryDelay(attempts, unreachable, 0)).toBe(ms);
});

test('waiting is shortened by chance, by a quarter at most', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
      const longest = retryDelay(attempts, unreachable, 0);
      const delay = retryDelay(attempts, unreachable, random);
      expect(delay).toBeLessThanOrEqual(longest);
      expect(delay).toBeGreaterThanOrEqual(longest * 0.75);
    }),
  );
  expect(retryDelay(1, unreachable, 1)).toBe(375);
});

test.each([
  ['what the homeserver asks for is waited for', 90_000, 90_000],
  ['asked for nothing, the bridge does not come back at once', 0, 500],
  ['asked for a moment that is over, the bridge does not come back at once', -86_400_000, 500],
  ['no homeserver is believed to want more than an hour', 86_400_000_000, 3_600_000],
])('%s', (_, asked, ms) => {
  expect(retryDelay(9, limited(asked), 1)).toBe(ms);
});
