import { describe, expect, test } from 'vitest';
import { createForecaster, type Forecaster, type ForecasterState } from './forecaster.ts';
import type { Grade } from './grading.ts';
import { HOUR_MS, type UsagePoint } from './method.ts';

const WEEK = 168 * HOUR_MS;
const MONDAY = Date.parse('2026-01-05T00:00:00Z');

/** One point an hour over a week; `percentAt` takes the hours since its start. */
function week(number: number, percentAt: (hour: number) => number, until = 167): UsagePoint[] {
  const start = MONDAY + number * WEEK;
  return Array.from({ length: until + 1 }, (_, hour) => ({
    at: start + hour * HOUR_MS,
    percent: Math.min(100, percentAt(hour)),
    resetsAt: start + WEEK,
  }));
}

function grade(points: readonly UsagePoint[], from?: Forecaster): { grades: readonly Grade[]; forecaster: Forecaster } {
  const grades: Grade[] = [];
  let forecaster = from ?? createForecaster({ durationMs: WEEK });
  for (const point of points) {
    const next = forecaster.observe(point);
    forecaster = next.forecaster;
    grades.push(...next.grades);
  }
  return { grades, forecaster };
}

const of = (grades: readonly Grade[], method: string) => grades.find((one) => one.method === method);

describe('when a window ends, each method is graded', () => {
  test('a steady rise that runs out is a hit of the straight lines, with lead and error', () => {
    const { grades } = grade([...week(0, (hour) => hour), ...week(1, () => 0, 0)]);
    expect(grades.map(({ method }) => method)).toEqual(['default', 'linear_6h', 'window_average']);
    expect(of(grades, 'window_average')).toEqual({
      method: 'window_average',
      resetsAt: MONDAY + WEEK,
      forecasts: 88,
      brier: 0,
      coverage: 1,
      outcome: 'hit',
      errorMs: 0,
      // The first forecast counts after 12 hours, and the alarm has to hold for one.
      leadMs: 87 * HOUR_MS,
    });
  });

  test('a rush at the beginning is a false alarm of the straight line', () => {
    const { grades } = grade([...week(0, (hour) => Math.min(60, 3 * hour)), ...week(1, () => 0, 0)]);
    expect(of(grades, 'linear_6h')?.outcome).toBe('false_alarm');
    expect(of(grades, 'linear_6h')?.errorMs).toBeUndefined();
  });

  test('a rush at the end is missed, and a week of little use is quiet', () => {
    const sudden = (hour: number) => (hour < 160 ? 6 : 100);
    const { grades } = grade([...week(0, sudden), ...week(1, () => 6), ...week(2, () => 0, 0)]);
    const outcomes = grades.filter(({ method }) => method === 'window_average').map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['missed', 'quiet']);
  });

  test('a window of which nobody saw the end is not graded', () => {
    expect(grade([...week(0, (hour) => hour / 4, 120), ...week(1, () => 0, 0)]).grades).toEqual([]);
  });

  test('hours below 5 % and the first twelve do not count', () => {
    expect(grade([...week(0, () => 4), ...week(1, () => 0, 0)]).grades).toEqual([]);
  });

  test('a restart in mid-window changes no grade', () => {
    const points = [...week(0, (hour) => hour / 1.2), ...week(1, () => 0, 0)];
    const before = grade(points.slice(0, 90)).forecaster;
    const state = JSON.parse(JSON.stringify(before.state())) as ForecasterState;
    const resumed = createForecaster({ durationMs: WEEK }, state);
    expect(grade(points.slice(90), resumed).grades).toEqual(grade(points).grades);
  });
});
