import { expect, test } from 'vitest';
import { NO_GRADES } from './grade-summary.ts';
import { type Distribution, HOUR_MS } from './method.ts';
import { firstToRunOut, viewForecasts, type WindowForecast, type WindowOutlook } from './window-outlook.ts';

const NOW = Date.parse('2026-01-07T12:00:00Z');
const RESETS_AT = NOW + 60 * HOUR_MS;
const outcome = (probability: number, p50 = RESETS_AT): Distribution => ({
  probability,
  p10: p50,
  p50,
  p90: p50,
  timeIfExhausted: () => p50,
  percentAtReset: () => 100,
});
const outlook: WindowOutlook = {
  window: 'seven_day',
  point: { at: NOW - HOUR_MS, percent: 60, resetsAt: RESETS_AT },
  forecasts: [
    ['default', outcome(0.6)],
    ['linear_6h', { unknown: 'too_early' }],
  ],
  grades: NO_GRADES,
};
const usage = { window: 'seven_day', percent: 60, resetsAt: RESETS_AT };

test('only methods that know something are listed', () => {
  const [forecast] = viewForecasts([usage], [outlook], NOW);
  expect(forecast?.unknown).toBeUndefined();
  expect(forecast?.known.map(([method]) => method)).toEqual(['default']);
});

test.each([
  ['no_reset', [{ window: 'seven_day', percent: 60 }], [outlook], NOW],
  ['reset_passed', [usage], [outlook], RESETS_AT],
  ['too_early', [usage], [], NOW],
  ['too_early', [{ ...usage, resetsAt: RESETS_AT + 168 * HOUR_MS }], [outlook], RESETS_AT],
  ['stale', [], [outlook], NOW],
] as const)('%s is the reason', (reason, windows, outlooks, now) => {
  expect(viewForecasts(windows, outlooks, now)).toEqual([expect.objectContaining({ unknown: reason, known: [] })]);
});

test('the window that is likeliest to run out comes first, and of equal ones the earlier', () => {
  const forecast = (window: string, ...args: Parameters<typeof outcome>): WindowForecast => ({
    window,
    known: [['default', outcome(...args)]],
  });
  const likely = forecast('seven_day_opus', 0.8, RESETS_AT - HOUR_MS);
  const earlier = forecast('seven_day_sonnet', 0.8, RESETS_AT - 9 * HOUR_MS);
  expect(firstToRunOut([forecast('seven_day', 0.3), likely])?.window).toBe('seven_day_opus');
  expect(firstToRunOut([likely, earlier])?.window).toBe('seven_day_sonnet');
  expect(firstToRunOut([{ window: 'seven_day', unknown: 'stale', known: [] }])).toBeUndefined();
});
