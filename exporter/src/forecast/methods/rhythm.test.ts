import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Distribution, type Forecast, HOUR_MS, isKnown, type UsagePoint } from '../method.ts';
import type { RhythmMemory } from '../rhythm/memory.ts';
import { rhythm } from './rhythm.ts';

const WEEK = 168 * HOUR_MS;
const MONDAY = Date.parse('2026-01-05T00:00:00Z');
const method = rhythm();

function observe(points: readonly UsagePoint[], from: RhythmMemory = method.start): RhythmMemory {
  return points.reduce(method.observe, from);
}

/** Points of one week, every `everyHours`; `percentAt` takes the hours since its start. */
function week(number: number, percentAt: (hour: number) => number, { until = 167, everyHours = 1 } = {}): UsagePoint[] {
  const start = MONDAY + number * WEEK;
  return Array.from({ length: Math.floor(until / everyHours) + 1 }, (_, k) => {
    const hour = k * everyHours;
    return { at: start + hour * HOUR_MS, percent: Math.min(100, Math.floor(percentAt(hour))), resetsAt: start + WEEK };
  });
}

/** Work from 9 to 17 on working days, at so many percent an hour. */
const office = (rate: number) => (hour: number) => {
  const day = Math.floor(hour / 24);
  return rate * 8 * Math.min(day, 5) + (day < 5 ? rate * Math.max(0, Math.min(8, (hour % 24) - 9)) : 0);
};
const known = (forecast: Forecast): Distribution => {
  if (!isKnown(forecast)) throw new Error(`unknown: ${forecast.unknown}`);
  return forecast;
};

test('nothing is known in the first six hours', () => {
  expect(method.forecast(method.start)).toEqual({ unknown: 'too_early' });
  expect(method.forecast(observe(week(0, office(2), { until: 5 })))).toEqual({ unknown: 'too_early' });
  expect(method.forecast(observe(week(0, office(2), { until: 8 })))).not.toHaveProperty('unknown');
});

test('an account that ran out three times will probably run out again when it is ahead of the even pace', () => {
  const past = [0, 1, 2].flatMap((number) => week(number, office(3.2)));
  const forecast = known(method.forecast(observe(week(3, office(3.2), { until: 65 }), observe(past))));
  expect(forecast.probability).toBeGreaterThan(0.7);
  expect(forecast.p50).toBeLessThan(MONDAY + 4 * WEEK);
});

test('an account that never gets far will not, and neither does its rush hour say so', () => {
  const past = [0, 1, 2, 3].flatMap((number) => week(number, office(1)));
  const forecast = known(method.forecast(observe(week(4, office(1), { until: 65 }), observe(past))));
  expect(forecast.probability).toBeLessThan(0.1);
  expect(forecast.p50).toBe(Number.POSITIVE_INFINITY);
});

test('a weekend ahead is worth less than working days ahead', () => {
  const past = observe([0, 1, 2, 3].flatMap((number) => week(number, office(2))));
  const atReset = (until: number, percent: number): number => {
    const now = week(4, () => percent, { until });
    return known(method.forecast(observe(now, past))).percentAtReset(0.5) - percent;
  };
  // Friday evening and Monday morning, 48 hours before the reset: the second one with a reset that moved.
  const friday = atReset(118, 40);
  const moved = observe(
    week(4, () => 40, { until: 1 }),
    past,
  );
  const monday = known(
    method.forecast(
      observe(
        [{ at: MONDAY + 4 * WEEK + 8 * HOUR_MS, percent: 40, resetsAt: MONDAY + 4 * WEEK + 58 * HOUR_MS }],
        moved,
      ),
    ),
  );
  expect(monday.percentAtReset(0.5) - 40).toBeGreaterThan(2 * friday);
});

test('a full window ran out when it was first seen full', () => {
  const forecast = known(method.forecast(observe(week(0, (hour) => hour, { until: 120 }))));
  expect(forecast).toMatchObject({ probability: 1, p10: MONDAY + 100 * HOUR_MS, p50: MONDAY + 100 * HOUR_MS });
  expect(forecast.percentAtReset(0.5)).toBe(100);
});

test('nothing is known after the reset until the next window is seen', () => {
  const late = { at: MONDAY + WEEK + HOUR_MS, percent: 80, resetsAt: MONDAY + WEEK };
  expect(method.forecast(observe([...week(0, office(2)), late]))).toEqual({ unknown: 'reset_passed' });
});

test('polls once an hour say about the same as polls every five minutes', () => {
  const probability = (everyHours: number): number => {
    const past = [0, 1, 2].flatMap((number) => week(number, office(2.4), { everyHours }));
    return known(method.forecast(observe(week(3, office(2.4), { until: 60, everyHours }), observe(past)))).probability;
  };
  expect(Math.abs(probability(1) - probability(1 / 12))).toBeLessThan(0.03);
});

test('a point that is not newer changes nothing', () => {
  const memory = observe(week(0, office(2)));
  expect(method.observe(memory, { at: MONDAY, percent: 3, resetsAt: MONDAY + WEEK })).toBe(memory);
});

test('the memory survives as JSON and stays small', () => {
  const memory = observe([0, 1, 2, 3].flatMap((number) => week(number, office(2.4), { everyHours: 1 / 4 })));
  const text = JSON.stringify(memory);
  expect(text.length).toBeLessThan(10_000);
  const [restored, next] = [JSON.parse(text) as RhythmMemory, week(4, office(2.4), { until: 50 })];
  const [a, b] = [restored, memory].map((from) => JSON.stringify(method.forecast(observe(next, from))));
  expect(a).toBe(b);
});

const anyPoint = fc.record({
  gap: fc.integer({ min: 1, max: 40 * HOUR_MS }),
  percent: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 120, noNaN: true })),
  left: fc.integer({ min: -HOUR_MS, max: 340 * HOUR_MS }),
});

test('whatever is seen, the forecast is a distribution or a reason', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.array(anyPoint, { maxLength: 60 }), (steps) => {
      let at = MONDAY;
      let memory = method.start;
      for (const { gap, percent, left } of steps) {
        at += gap;
        memory = method.observe(memory, { at, percent, resetsAt: at + left });
        const forecast = method.forecast(memory);
        if (!isKnown(forecast)) continue;
        const { probability, p10, p50, p90, percentAtReset } = forecast;
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
        expect([p10 <= p50, p50 <= p90]).toEqual([true, true]);
        const ends = [0.1, 0.5, 0.9].map(percentAtReset);
        expect(ends).toEqual(ends.toSorted((a, b) => a - b));
        expect(ends[0]).toBeGreaterThanOrEqual(Math.min(100, percent));
      }
    }),
    { numRuns: 300 },
  );
});
