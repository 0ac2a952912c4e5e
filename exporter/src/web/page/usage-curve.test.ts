import { expect, test } from 'vitest';
import type { AccountView } from '../../account/account-state.ts';
import { NO_CAPS } from '../../account/gate.ts';
import type { UsageSample } from '../../history/history.ts';
import { createCurves, renderCurve, thinOut, windowStart } from './usage-curve.ts';

const HOUR = 3_600_000;
const session = { window: 'five_hour', percent: 50, resetsAt: 5 * HOUR };

/** The curve's path and the height of its pace at the end. */
function draw(samples: readonly UsageSample[]) {
  const curve = renderCurve(session, samples, 'the course');
  const { html } = curve === '' ? { html: '' } : curve;
  return {
    line: /class="course" d="([^"]*)"/.exec(html)?.[1],
    area: /class="area" d="([^"]*)"/.exec(html)?.[1],
    pace: /class="pace".* y2="([^"]*)"/.exec(html)?.[1],
    label: /aria-label="([^"]*)"/.exec(html)?.[1],
  };
}

test('runs from the beginning of the window to now, upwards with the use', () => {
  const samples = [
    { at: 0, percent: 0 },
    { at: 0.2 * HOUR, percent: 10 },
    { at: 0.4 * HOUR, percent: 12.5 },
  ];
  expect(draw(samples)).toEqual({
    line: 'M0 100L4 90L8 87.5h.01',
    area: 'M0 100L0 100L4 90L8 87.5L8 100Z',
    pace: '0',
    label: 'the course',
  });
});

test('is open where nothing was recorded for long', () => {
  const samples = [0, 0.1, 1, 1.1].map((hours) => ({ at: hours * HOUR, percent: 10 }));
  expect(draw(samples).line).toBe('M0 90L2 90h.01M20 90L22 90h.01');
});

test('makes room for what is above the limit', () => {
  const { line, pace } = draw([{ at: HOUR, percent: 125 }]);
  expect([line, pace]).toEqual(['M20 0h.01', '20']);
});

test('is none without a window that has begun, and without samples', () => {
  expect(renderCurve({ window: 'five_hour', percent: 0 }, [{ at: 0, percent: 0 }], '')).toBe('');
  expect(renderCurve(session, [], '')).toBe('');
  expect(windowStart({ window: 'five_hour', percent: 0 })).toBeUndefined();
  expect(windowStart({ window: 'seven_day', percent: 0, resetsAt: 7 * 24 * HOUR })).toBe(0);
});

test('has at most one point for each hundred-and-twentieth of the window, the newest one', () => {
  const samples = Array.from({ length: 10_000 }, (_, index) => ({ at: index * 1800, percent: index / 100 }));
  const thin = thinOut(samples, 0, 5 * HOUR);
  expect(thin).toHaveLength(120);
  expect(thin[0]).toEqual(samples[83]);
  expect(thin.at(-1)).toEqual(samples.at(-1));
});

const lateSession = { window: 'five_hour', percent: 50, resetsAt: 8 * HOUR };

function view(fetchedAt: number, account = 'work'): AccountView {
  const snapshot = { fetchedAt, windows: [lateSession], unknownKeys: [] };
  return {
    state: { account, failures: 0, requests: [], snapshot },
    polled: true,
    current: { snapshot, source: 'official_api' },
    gate: { caps: NO_CAPS },
    tier: { stale: true },
    budgetRemaining: 20,
    validUntil: 0,
  };
}

test('a curve is read from the beginning of its window, and again only after a new poll', () => {
  const reads: unknown[] = [];
  const curveOf = createCurves({
    samplesSince(account, window, since) {
      reads.push([account, window, since]);
      return [{ at: 4 * HOUR, percent: 10 * reads.length }];
    },
  });
  const drawn = [view(1), view(1), view(2), view(2, 'home'), view(2)].map(
    (each) => curveOf(each, lateSession)[0]?.percent,
  );
  expect(drawn).toEqual([10, 10, 20, 30, 20]);
  expect(reads.slice(0, 2)).toEqual(Array(2).fill(['work', 'five_hour', 3 * HOUR]));
});

test('what is not shown, or has not begun, has none', () => {
  const curveOf = createCurves({
    samplesSince() {
      throw new Error('must not be read');
    },
  });
  const { current: _, ...unknown } = view(1);
  expect(curveOf(unknown, lateSession)).toEqual([]);
  expect(curveOf(view(1), { window: 'five_hour', percent: 0 })).toEqual([]);
});
