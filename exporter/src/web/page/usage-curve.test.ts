import { expect, test } from 'vitest';
import type { UsageSample } from '../../history/samples.ts';
import { thresholdAt } from '../../usage/thresholds.ts';
import { renderCurve, windowStart } from './usage-curve.ts';

const HOUR = 3_600_000;
const session = { window: 'five_hour', percent: 50, resetsAt: 5 * HOUR };

/** The paths of a curve that is drawn `hours` after its window started. */
function draw(samples: readonly UsageSample[], hours: number, percent = samples.at(-1)?.percent ?? 0) {
  const context = { samples, thresholds: [thresholdAt(80)], now: hours * HOUR, label: 'the curve' };
  const curve = renderCurve({ ...session, percent }, context);
  const { html } = curve === '' ? { html: '' } : curve;
  const path = (name: string) => new RegExp(`class="${name}" d="([^"]*)"`).exec(html)?.[1];
  const height = (name: string) => new RegExp(`class="${name}" .*?y2="([^"]*)"`).exec(html)?.[1];
  return {
    known: path('known'),
    unknown: path('unknown'),
    area: path('area'),
    now: path('now'),
    pace: height('pace'),
    threshold: height('threshold'),
    label: /aria-label="([^"]*)"/.exec(html)?.[1],
  };
}

test('runs from the start of the window to now, beside the even pace and the thresholds', () => {
  const samples = [0.2, 0.4].map((hours) => ({ at: hours * HOUR, percent: 25 * hours }));
  expect(draw(samples, 0.6, 15)).toEqual({
    known: 'M0 100L4 95L8 90L12 85',
    unknown: '',
    area: 'M0 100L4 95L8 90L12 85L12 100Z',
    now: 'M12 85h.01',
    pace: '0',
    threshold: '20',
    label: 'the curve',
  });
});

test('dashes what was not recorded', () => {
  const samples = [1, 1.1, 2, 2.1].map((hours) => ({ at: hours * HOUR, percent: 10 }));
  expect(draw(samples, 2.1)).toMatchObject({
    known: 'M0 100M20 90L22 90M40 90L42 90L42 90',
    unknown: 'M0 100L20 90M22 90L40 90',
  });
});

test('fresh data is a line from the start of the window, not a dot', () => {
  expect(draw([{ at: 4 * HOUR, percent: 42 }], 4)).toMatchObject({ unknown: 'M0 100L80 58', now: 'M80 58h.01' });
});

test('makes room for what is above the limit', () => {
  const { now, pace } = draw([{ at: HOUR, percent: 125 }], 1);
  expect([now, pace]).toEqual(['M20 0h.01', '20']);
});

test('is left out before the window starts, and without samples', () => {
  const context = { samples: [{ at: 0, percent: 0 }], thresholds: [], now: 0, label: '' };
  expect(renderCurve({ window: 'five_hour', percent: 0 }, context)).toBe('');
  expect(renderCurve(session, { ...context, samples: [] })).toBe('');
  expect(windowStart({ window: 'five_hour', percent: 0 })).toBeUndefined();
  expect(windowStart({ window: 'seven_day', percent: 0, resetsAt: 7 * 24 * HOUR })).toBe(0);
});
