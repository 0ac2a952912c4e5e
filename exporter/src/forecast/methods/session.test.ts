import { expect, test } from 'vitest';
import { type Distribution, HOUR_MS, isKnown, type UsagePoint } from '../method.ts';
import { session } from './session.ts';

const START = Date.parse('2026-01-05T08:00:00Z');
const RESETS_AT = START + 5 * HOUR_MS;
const method = session();

/** Points every five minutes of a window that used `rate` percent an hour from hour `from` on. */
function points(rate: number, until: number, from = 0): UsagePoint[] {
  return Array.from({ length: Math.floor(until * 12) + 1 }, (_, k) => ({
    at: START + (k / 12) * HOUR_MS,
    percent: Math.min(100, Math.max(0, rate * (k / 12 - from))),
    resetsAt: RESETS_AT,
  }));
}

function forecast(seen: readonly UsagePoint[]): Distribution {
  const result = method.forecast(seen.reduce(method.observe, method.start));
  if (!isKnown(result)) throw new Error(`unknown: ${result.unknown}`);
  return result;
}

test('a fast session will probably run out within the hour that its pace says', () => {
  const { probability, p50 } = forecast(points(40, 2));
  expect(probability).toBeGreaterThan(0.6);
  expect(Math.abs(p50 - (START + 2.5 * HOUR_MS))).toBeLessThan(HOUR_MS);
});

test('a slow session will not', () => {
  expect(forecast(points(8, 2))).toMatchObject({ p50: Number.POSITIVE_INFINITY });
  expect(forecast(points(8, 2)).probability).toBeLessThan(0.25);
});

test('a pause makes it less likely', () => {
  const pause = points(0, 1).map(({ at, resetsAt }) => ({ at: at + 2 * HOUR_MS, percent: 70, resetsAt }));
  expect(forecast([...points(35, 2), ...pause]).probability).toBeLessThan(forecast(points(35, 2)).probability);
});

const HOURS_AND_PERCENTS = [1, 2, 3, 4].flatMap((hour) => [30, 57, 70, 85].map((percent) => [hour, percent] as const));

// How much lower depends on the fitted coefficients; that it is lower does not.
test.each(HOURS_AND_PERCENTS)(
  'use that was first seen in the middle of a window is not taken for one burst: %d h, %d %%',
  (hour, percent) => {
    const first = { at: START + hour * HOUR_MS, percent, resetsAt: RESETS_AT };
    const burst = [{ ...first, at: first.at - HOUR_MS / 12, percent: 0 }, first];
    expect(forecast([first]).probability).toBeLessThan(forecast(burst).probability);
  },
);

test('the first quarter of an hour, and time after the reset, have no forecast', () => {
  const observe = (at: number) =>
    method.forecast(method.observe(method.start, { at, percent: 9, resetsAt: RESETS_AT }));
  expect(observe(START + HOUR_MS / 6)).toEqual({ unknown: 'too_early' });
  expect(observe(RESETS_AT)).toEqual({ unknown: 'reset_passed' });
});
