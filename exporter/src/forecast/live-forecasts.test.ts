import { expect, test } from 'vitest';
import { createLiveForecasts, type ForecastPorts, type StoredForecaster } from './live-forecasts.ts';
import { HOUR_MS, isKnown, type UsagePoint } from './method.ts';

const WEEK = 168 * HOUR_MS;
const MONDAY = Date.parse('2026-01-05T00:00:00Z');

/** A point an hour over whole weeks, each of which runs out on its Friday. */
const POINTS: readonly UsagePoint[] = Array.from({ length: 3 * 168 }, (_, hour) => ({
  at: MONDAY + hour * HOUR_MS,
  percent: Math.min(100, hour % 168),
  resetsAt: MONDAY + (Math.floor(hour / 168) + 1) * WEEK,
}));

function world(points: readonly UsagePoint[]) {
  const seen = [...points];
  const stored = new Map<string, StoredForecaster>();
  let reads = 0;
  const ports: ForecastPorts = {
    windowsSince: () => ['seven_day'],
    pointsAfter(_, __, after, limit) {
      const found = seen.filter(({ at }) => at > after).slice(0, limit);
      reads += found.length;
      return found;
    },
    load: (account, window) => stored.get(`${account} ${window}`),
    save: (account, window, state) => void stored.set(`${account} ${window}`, JSON.parse(JSON.stringify(state))),
    now: () => (seen.at(-1)?.at ?? MONDAY) + 1000,
  };
  return { ports, stored, add: (point: UsagePoint) => void seen.push(point), reads: () => reads };
}

function untilComplete(live: ReturnType<typeof createLiveForecasts>, loginSince?: number) {
  for (;;) {
    const outlooks = live.refresh('work', loginSince);
    if (outlooks) return outlooks[0];
  }
}

const settings = { linearHours: 6 };

test('the history of an account is learned in bounded steps, and its windows are graded', () => {
  const { ports, reads } = world(POINTS);
  const live = createLiveForecasts(ports, settings);
  expect(live.refresh('work')).toBeUndefined();
  expect(reads()).toBe(100);
  const outlook = untilComplete(live);
  expect(outlook?.point).toEqual(POINTS.at(-1));
  expect(outlook?.grades.methods.window_average).toMatchObject({ windows: 2, outcomes: { hit: 2 } });
});

test('a restart reads only what came since, and counts no window twice', () => {
  const { ports, reads, add } = world(POINTS.slice(0, 400));
  const before = untilComplete(createLiveForecasts(ports, settings));
  const readBefore = reads();
  add(POINTS[400] as UsagePoint);
  const after = untilComplete(createLiveForecasts(ports, settings));
  expect(reads() - readBefore).toBeLessThanOrEqual(2);
  expect(after?.grades).toEqual(before?.grades);
});

test('an upgrade that changed the methods learns again and keeps the grades', () => {
  const { ports, stored } = world(POINTS);
  const before = untilComplete(createLiveForecasts(ports, settings));
  for (const [key, { grades }] of stored) stored.set(key, { grades });
  const after = untilComplete(createLiveForecasts(ports, settings));
  expect(after?.grades).toEqual(before?.grades);
  const probabilities = [before, after].map((outlook) =>
    outlook?.forecasts.map(([, one]) => isKnown(one) && one.probability),
  );
  expect(probabilities[0]).toEqual(probabilities[1]);
});

test('another login starts from its own samples', () => {
  const { ports } = world(POINTS.slice(0, 420));
  untilComplete(createLiveForecasts(ports, settings));
  const outlook = untilComplete(createLiveForecasts(ports, settings), MONDAY + 416 * HOUR_MS);
  expect(outlook?.forecasts[0]).toEqual(['default', { unknown: 'too_early' }]);
});

test('a source that lags behind adds no use', () => {
  const from = POINTS.slice(0, 90);
  const lagging = from.flatMap((point) => [
    point,
    { ...point, at: point.at + 60_000, percent: Math.max(0, point.percent - 1) },
  ]);
  const [plain, mixed] = [from, lagging].map((points) =>
    untilComplete(createLiveForecasts(world(points).ports, settings)),
  );
  const probability = (outlook: typeof plain) =>
    outlook?.forecasts.map(([, one]) => (isKnown(one) ? one.probability : one))[0];
  expect(probability(mixed)).toBeCloseTo(Number(probability(plain)), 1);
});
