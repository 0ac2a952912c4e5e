import { expect, test } from 'vitest';
import { rhythm } from '../../exporter/src/forecast/methods/rhythm.ts';
import { windowAverage } from '../../exporter/src/forecast/methods/window-average.ts';
import { makeRhythm } from '../bench/forecast/rhythms.ts';
import { scoreSeries, summarize } from '../bench/forecast/score.ts';
import { loadTraces, type Row, WEEK_MS } from '../bench/forecast/trace.ts';

// The fit has seen these traces, so the bounds only notice that something broke. exporter/docs/forecast.md has the
// figures on traces that it has not seen.
test('on the recorded traces the default method is far better than the average, and calibrated', () => {
  const rows = loadTraces().map(({ weekly }) => weekly);
  const own = summarize(rows.map((series) => scoreSeries(rhythm(), series)));
  const average = summarize(rows.map((series) => scoreSeries(windowAverage(WEEK_MS), series)));
  expect(own.brier).toBeLessThan(0.162);
  expect(average.brier).toBeGreaterThan(0.28);
  expect(own.falseAlarms).toBeLessThan(0.16);
  expect(own.missed).toBeLessThan(0.42);
  expect(own.coverage).toBeGreaterThan(0.88);
  expect(own.coverage).toBeLessThan(0.94);
  expect(own.errorHours).toBeLessThan(20);
});

// Several series each: one of them alone is mostly luck.
test.each([
  ['heavy', 6, 0.5],
  ['office', 4, 0.75],
  ['weekends', 3, 0.75],
])('on made-up use of the kind %s its Brier score is far below that of the average', (name, index, share) => {
  const series = [0, 1, 2, 3].map((k): readonly Row[] => makeRhythm(name, 1_100_000 + index * 1000 + k));
  const own = summarize(series.map((rows) => scoreSeries(rhythm(), rows)));
  const average = summarize(series.map((rows) => scoreSeries(windowAverage(WEEK_MS), rows)));
  expect(own.brier).toBeLessThan(share * average.brier);
  expect(own.missed).toBeLessThanOrEqual(0.25);
});
