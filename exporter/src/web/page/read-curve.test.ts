import { expect, test } from 'vitest';
import type { AccountView } from '../../account/account-view.ts';
import { NO_CAPS } from '../../account/gate.ts';
import { createCurves, thinOut } from './read-curve.ts';

const HOUR = 3_600_000;
const session = { window: 'five_hour', percent: 50, resetsAt: 8 * HOUR };

function view(fetchedAt: number, account = 'work'): AccountView {
  const snapshot = { fetchedAt, windows: [session], unknownKeys: [] };
  return {
    state: { account, failures: 0, requests: [], snapshot },
    polled: true,
    current: { snapshot, source: 'official_api', windowSources: new Map() },
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
  const drawn = [view(1), view(1), view(2), view(2, 'home'), view(2)].map((each) => curveOf(each, session)[0]?.percent);
  expect(drawn).toEqual([10, 10, 20, 30, 20]);
  expect(reads.slice(0, 2)).toEqual(Array(2).fill(['work', 'five_hour', 3 * HOUR]));
});

test('a curve does not show the use of a previous login', () => {
  const reads: unknown[] = [];
  const curveOf = createCurves({
    samplesSince(_account, _window, since) {
      reads.push(since);
      return [];
    },
  });
  const switched = view(1);
  curveOf({ ...switched, state: { ...switched.state, loginSince: 5 * HOUR } }, session);
  expect(reads).toEqual([5 * HOUR]);
});

test('a window that is not shown or has not started has no curve', () => {
  const curveOf = createCurves({
    samplesSince() {
      throw new Error('must not be read');
    },
  });
  const { current: _, ...unknown } = view(1);
  expect(curveOf(unknown, session)).toEqual([]);
  expect(curveOf(view(1), { window: 'five_hour', percent: 0 })).toEqual([]);
});

test('has at most one point for each hundred-and-twentieth of the window, the newest one', () => {
  const samples = Array.from({ length: 10_000 }, (_, index) => ({ at: index * 1800, percent: index / 100 }));
  const thin = thinOut(samples, 0, 5 * HOUR);
  expect(thin).toHaveLength(120);
  expect(thin[0]).toEqual(samples[83]);
  expect(thin.at(-1)).toEqual(samples.at(-1));
});
