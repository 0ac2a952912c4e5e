import { expect, test } from 'vitest';
import { describePace } from './page-pace.ts';

const HOUR = 3_600_000;
/** Half of the five hours has passed. */
const halfway = (percent: number) => describePace({ window: 'five_hour', percent, resetsAt: 2.5 * HOUR }, 0);

test('says in whole points how far the use is from even pace', () => {
  expect([44, 49, 49.8, 50.4, 51, 62.3].map(halfway)).toEqual([
    '6 points under even pace',
    '1 point under even pace',
    'on even pace',
    'on even pace',
    '1 point over even pace',
    '12 points over even pace',
  ]);
});

test('a window that is used up has no pace any more', () => {
  expect([100, 104].map(halfway)).toEqual(['used up', 'used up']);
});

test('a window that has not started or is over has none', () => {
  expect(describePace({ window: 'five_hour', percent: 0 }, 0)).toBe('');
  expect(describePace({ window: 'five_hour', percent: 50, resetsAt: -1 }, 0)).toBe('');
});
