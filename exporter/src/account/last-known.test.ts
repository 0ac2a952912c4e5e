import { expect, test } from 'vitest';
import { updateLastKnown } from './last-known.ts';

const session = { window: 'five_hour', percent: 95, resetsAt: 100 };
const week = { window: 'seven_day', percent: 40, resetsAt: 900 };

test('a newer value replaces the older one, lower or higher', () => {
  const lower = { ...session, percent: 2 };
  expect(updateLastKnown([session, week], [lower], 0)).toEqual([lower, week]);
});

test('a window that an answer leaves out stays known until it resets', () => {
  expect(updateLastKnown([session, week], [], 99)).toEqual([session, week]);
  expect(updateLastKnown([session, week], [], 100)).toEqual([week]);
});

test('a window that has not begun makes what was known of it void', () => {
  expect(updateLastKnown([session], [{ window: 'five_hour', percent: 0 }], 0)).toEqual([]);
});
