import { expect, test } from 'vitest';
import { thresholdAt, thresholdsOf } from './thresholds.ts';

test('severity rises at 80 and at 95 percent', () => {
  const severities = [1, 79.9, 80, 94.9, 95, 100].map((percent) => thresholdAt(percent).severity);
  expect(severities).toEqual(['info', 'info', 'warning', 'warning', 'critical', 'critical']);
});

test('every weekly window has the weekly thresholds, the session its own', () => {
  const thresholds = { weekly: [thresholdAt(50)], fiveHour: [thresholdAt(90)] };
  expect(thresholdsOf('seven_day', thresholds)).toEqual([{ percent: 50, severity: 'info' }]);
  expect(thresholdsOf('seven_day_fable', thresholds)).toEqual([{ percent: 50, severity: 'info' }]);
  expect(thresholdsOf('five_hour', thresholds)).toEqual([{ percent: 90, severity: 'warning' }]);
});
