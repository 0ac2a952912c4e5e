import { expect, test } from 'vitest';
import { isWeekly, scopedWindow, windowDurationSeconds } from './windows.ts';

test.each([
  ['Fable', 'seven_day_fable'],
  ['Claude Opus 4.5', 'seven_day_claude_opus_4_5'],
  ['  Élan!  ', 'seven_day_elan'],
  ['a"} 1\nfake_metric{x="', 'seven_day_a_1_fake_metric_x'],
  ['x'.repeat(100_000), `seven_day_${'x'.repeat(40)}`],
  ['模型', undefined],
  ['', undefined],
])('the scope %j is the window %j', (name, window) => {
  expect(scopedWindow(name)).toBe(window);
});

test('a window is weekly unless it is the session', () => {
  expect(['five_hour', 'seven_day', 'seven_day_fable'].map(isWeekly)).toEqual([false, true, true]);
  expect(windowDurationSeconds('five_hour')).toBe(18_000);
  expect(windowDurationSeconds('seven_day_opus')).toBe(604_800);
});
