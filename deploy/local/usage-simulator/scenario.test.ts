import { describe, expect, test } from 'vitest';
import { DEMO, playWindow, scenarioSchema, type WindowScenario } from './scenario.ts';

const START = Date.parse('2026-07-22T12:00:00Z');
const MINUTE = 60;
const HOUR = 3600;

function at(window: WindowScenario | undefined, seconds: number) {
  if (!window) throw new Error('the scenario lacks the window');
  const { percent, resetsAt } = playWindow(window, START, START + seconds * 1000);
  return { percent: Math.round(percent), resetsIn: resetsAt && (resetsAt - START) / 1000 };
}

describe('the demo', () => {
  const { five_hour, seven_day } = DEMO.accounts.demo?.windows ?? {};

  test('crosses 50 percent at once and 80 within three minutes, then moves its reset', () => {
    const reset = 62 * HOUR;
    expect(at(seven_day, 0)).toEqual({ percent: 57, resetsIn: reset });
    expect(at(seven_day, 2 * MINUTE)).toEqual({ percent: 58, resetsIn: reset });
    expect(at(seven_day, 3 * MINUTE)).toEqual({ percent: 81, resetsIn: reset });
    expect(at(seven_day, 12 * MINUTE - 1)).toEqual({ percent: 81, resetsIn: reset });
    expect(at(seven_day, 12 * MINUTE)).toEqual({ percent: 81, resetsIn: reset + 5 * HOUR });
    expect(at(seven_day, 2 * HOUR)).toEqual({ percent: 85, resetsIn: reset + 5 * HOUR });
  });

  test('lets the five hours reset by themselves', () => {
    expect(at(five_hour, 0)).toEqual({ percent: 42, resetsIn: 132 * MINUTE });
    expect(at(five_hour, 132 * MINUTE)).toEqual({ percent: 0, resetsIn: 432 * MINUTE });
    expect(at(five_hour, 492 * MINUTE)).toEqual({ percent: 14, resetsIn: 732 * MINUTE });
  });
});

test('a window may not have begun, and a scenario names what is wrong with it', () => {
  const window = { resetsIn: null, durationSeconds: 18_000, points: [[0, 0]] };
  const scenario = scenarioSchema.parse({ accounts: { work: { shape: 'may', windows: { five_hour: window } } } });
  expect(at(scenario.accounts.work?.windows.five_hour, HOUR)).toEqual({ percent: 0, resetsIn: null });
  expect(() => scenarioSchema.parse({ accounts: { work: { shape: 'june', windows: {} } } })).toThrow(/"shape"/);
});
