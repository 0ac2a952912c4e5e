import { expect, test } from 'vitest';
import { tierAt, viewTier } from './tier.ts';

const THRESHOLDS = { yellow: 50, orange: 70, red: 85 };
const week = (percent: number) => ({ window: 'seven_day', percent, resetsAt: 1000 });

test('a tier begins where its threshold is reached', () => {
  const tiers = [0, 49.9, 50, 69.9, 70, 84.9, 85, 120].map((percent) => tierAt(percent, THRESHOLDS));
  expect(tiers).toEqual(['green', 'green', 'yellow', 'yellow', 'orange', 'orange', 'red', 'red']);
});

test('only the window of seven days decides, not those of single models and not the session', () => {
  const others = ['five_hour', 'seven_day_opus', 'seven_day_sonnet'].map((window) => ({ window, percent: 100 }));
  expect(viewTier([...others, week(45)], [], THRESHOLDS)).toEqual({
    tier: 'green',
    weeklyPercent: 45,
    resetsAt: 1000,
    stale: false,
  });
  expect(viewTier(others, [], THRESHOLDS)).toEqual({ stale: true });
});

test('without data of the present the last known of the week is told, as stale', () => {
  const last = { tier: 'red', weeklyPercent: 90, resetsAt: 1000, stale: true };
  expect(viewTier(undefined, [week(90)], THRESHOLDS)).toEqual(last);
  expect(viewTier([], [week(90)], THRESHOLDS)).toEqual(last);
  expect(viewTier([week(95)], [week(90)], THRESHOLDS)).toMatchObject({ weeklyPercent: 95, stale: false });
});
