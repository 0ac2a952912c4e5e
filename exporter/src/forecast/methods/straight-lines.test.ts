import { describe, expect, test } from 'vitest';
import { type Forecast, HOUR_MS, isKnown, type Method, type UsagePoint } from '../method.ts';
import { linear } from './linear.ts';
import { windowAverage } from './window-average.ts';

const WEEK = 168 * HOUR_MS;

function after<Memory>(method: Method<Memory>, points: readonly UsagePoint[]): Forecast {
  return method.forecast(points.reduce(method.observe, method.start));
}

/** One point per hour. */
function hourly(percents: readonly number[], from = 0, resetsAt = WEEK): UsagePoint[] {
  return percents.map((percent, k) => ({ at: from + k * HOUR_MS, percent, resetsAt }));
}

describe('linear_6h', () => {
  test('follows a steady rise to the hour', () => {
    const forecast = after(linear(), hourly([10, 12, 14, 16, 18, 20, 22], 20 * HOUR_MS));
    expect(forecast).toMatchObject({ probability: 1, p10: 65 * HOUR_MS, p50: 65 * HOUR_MS, p90: 65 * HOUR_MS });
  });

  test('sees nothing that is older than its hours', () => {
    expect(after(linear(), hourly([0, 50, 50, 50, 50, 50, 50, 50]))).toMatchObject({
      probability: 0,
      p50: Number.POSITIVE_INFINITY,
    });
    expect(after(linear(8), hourly([0, 50, 50, 50, 50, 50, 50, 50]))).toMatchObject({ probability: 1 });
  });

  test('knows nothing after a reset until half an hour has passed', () => {
    const points = [...hourly([50, 60, 70], WEEK - 3 * HOUR_MS), { at: WEEK, percent: 0, resetsAt: 2 * WEEK }];
    expect(after(linear(), points)).toEqual({ unknown: 'too_early' });
  });
});

describe('window_average', () => {
  test('extrapolates from the start of the window', () => {
    const forecast = after(windowAverage(WEEK), hourly([50], 42 * HOUR_MS));
    expect(forecast).toMatchObject({ probability: 1, p50: 84 * HOUR_MS });
  });

  test('projects the utilization at the reset', () => {
    const forecast = after(windowAverage(WEEK), hourly([25], 84 * HOUR_MS));
    expect(isKnown(forecast) && forecast.percentAtReset(0.5)).toBe(50);
  });

  test('knows nothing once the reset has passed', () => {
    expect(after(windowAverage(WEEK), hourly([50], WEEK + 1))).toEqual({ unknown: 'reset_passed' });
  });
});
