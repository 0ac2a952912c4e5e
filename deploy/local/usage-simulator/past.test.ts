import { describe, expect, test } from 'vitest';
import { pastSamples } from './past.ts';
import { playWindow, type WindowScenario } from './scenario.ts';
import { STORY } from './story.ts';

const START = Date.parse('2026-07-22T12:00:00Z');
const DAY_MS = 86_400_000;
const windows = Object.entries(STORY.accounts.demo?.windows ?? {});

describe.each(windows)('the past of %s', (name, window: WindowScenario) => {
  const samples = pastSamples(window, START, 14);

  test('covers two weeks without a gap and leads to the first point of the scenario', () => {
    expect(samples[0]?.at).toBe(START - 14 * DAY_MS);
    expect(samples.length).toBe((14 * DAY_MS) / 300_000);
    const [last, first] = [samples.at(-1), playWindow(window, START, START)];
    expect(last?.at).toBe(START - 300_000);
    expect(last?.resetsAt).toBe(first.resetsAt);
    expect(Math.abs((last?.percent ?? 0) - first.percent)).toBeLessThan(name === 'five_hour' ? 3 : 1);
  });

  test('never falls inside a window, and starts near 0 in each window', () => {
    for (const [index, sample] of samples.entries()) {
      const before = samples[index - 1];
      if (!before) continue;
      if (sample.resetsAt === before.resetsAt) expect(sample.percent).toBeGreaterThanOrEqual(before.percent);
      else expect(sample.percent).toBeLessThan(3);
      expect(sample.at).toBeLessThan(sample.resetsAt);
      expect(sample.percent).toBeLessThanOrEqual(100);
    }
  });
});

test('a window that has not begun has no past', () => {
  const window = { resetsIn: null, durationSeconds: 18_000, points: [[0, 0] as [number, number]] };
  expect(pastSamples({ ...window, risePerHour: 0, moves: [], pastPace: 1 }, START, 14)).toEqual([]);
});
