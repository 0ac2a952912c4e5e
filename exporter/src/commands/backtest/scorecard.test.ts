import { expect, test } from 'vitest';
import type { Grade } from '../../forecast/grading.ts';
import type { MethodName } from '../../forecast/method.ts';
import { adviseMethod, scoreMethods } from './scorecard.ts';

const grade = (method: MethodName, week: number, brier: number, change: Partial<Grade> = {}): Grade => ({
  method,
  resetsAt: week,
  forecasts: 100,
  brier,
  coverage: 0.8,
  outcome: 'quiet',
  ...change,
});
/** Briers of the default method and of window_average, week by week. */
const weeks = (...briers: readonly (readonly [number, number])[]): Grade[] =>
  briers.flatMap(([own, other], week) => [grade('default', week, own), grade('window_average', week, other)]);

test('another method is advised only if it is better by more than chance', () => {
  const clearly = weeks([0.3, 0.1], [0.31, 0.1], [0.29, 0.1], [0.3, 0.12], [0.3, 0.1], [0.32, 0.1]);
  expect(adviseMethod(clearly)).toEqual({ method: 'window_average', isClear: true });
  const byChance = weeks([0.1, 0.9], [0.9, 0], [0.9, 0], [0.1, 0.2], [0.1, 0.1], [0.3, 0.1]);
  expect(adviseMethod(byChance)).toEqual({ method: 'default', isClear: false });
  expect(adviseMethod(clearly.slice(0, 8))).toBeUndefined();
});

test('false alarms are a share of the windows that lasted, and misses of those that ran out', () => {
  const [score] = scoreMethods([
    grade('default', 1, 0.1),
    grade('default', 2, 0.3, { outcome: 'false_alarm' }),
    grade('default', 3, 0.2, { outcome: 'missed', errorMs: 7_200_000 }),
  ]);
  expect(score).toMatchObject({
    windows: 3,
    falseAlarms: { share: 0.5 },
    missed: { share: 1, error: 0 },
    errorHours: 2,
  });
  expect(score?.brier).toBeCloseTo(0.2);
  expect(score?.leadHours).toBeUndefined();
});
