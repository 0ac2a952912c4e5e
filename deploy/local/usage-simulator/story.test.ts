import { expect, test } from 'vitest';
import { playWindow } from './scenario.ts';
import { STORY } from './story.ts';

const START = Date.parse('2026-07-22T12:00:00Z');
const HOUR = 3600;
const { five_hour, seven_day } = STORY.accounts.demo?.windows ?? {};

function at(window: typeof five_hour, seconds: number) {
  if (!window) throw new Error('the story lacks the window');
  const { percent, resetsAt } = playWindow(window, START, START + seconds * 1000);
  return { percent: Math.round(percent), resetsIn: resetsAt && (resetsAt - START) / 1000 };
}

test('the week crosses 50 % and 80 % in two minutes, then resets early', () => {
  const reset = 62 * HOUR;
  expect(at(seven_day, 0)).toEqual({ percent: 48, resetsIn: reset });
  expect(at(seven_day, 20)).toEqual({ percent: 53, resetsIn: reset });
  expect(at(seven_day, 100)).toEqual({ percent: 84, resetsIn: reset });
  expect(at(seven_day, 199)).toEqual({ percent: 86, resetsIn: reset });
  expect(at(seven_day, 200)).toEqual({ percent: 2, resetsIn: 7 * 24 * HOUR });
  expect(at(seven_day, 210)).toEqual({ percent: 2, resetsIn: 7 * 24 * HOUR });
});

test('the five hours run out and reset by themselves', () => {
  expect(at(five_hour, 140)).toMatchObject({ percent: 100, resetsIn: 170 });
  expect(at(five_hour, 180)).toEqual({ percent: 0, resetsIn: 170 + 5 * HOUR });
});
