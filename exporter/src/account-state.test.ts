import { describe, expect, test } from 'vitest';
import { type AccountState, viewAccount } from './account-state.ts';
import { API_LIMITS } from './poll-policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RULES = { polled: true, limits: { intervalMs: 5 * MINUTE, ...API_LIMITS }, staleAfterMs: HOUR };
const snapshot = { fetchedAt: 0, windows: [], unknownKeys: [] };

function state(more: Partial<AccountState>): AccountState {
  return { account: 'work', failures: 0, requests: [], ...more };
}

const succeeded = state({ snapshot, lastPoll: { at: 0, outcome: 'success' }, requests: [0] });
const failing = state({ snapshot, lastPoll: { at: 5 * MINUTE, outcome: 'timeout', detail: 'no answer' }, failures: 1 });

describe('the source', () => {
  test('is the official API after a good poll, until the next but one is overdue', () => {
    expect(viewAccount(succeeded, RULES, MINUTE)).toEqual({
      state: succeeded,
      current: { snapshot, source: 'official_api' },
      polled: true,
      budgetRemaining: 19,
      validUntil: 10 * MINUTE,
    });
    expect(viewAccount(succeeded, RULES, 10 * MINUTE).current?.source).toBe('official_api_stale');
  });

  test('is the official API for a minute at least, where polls come every second', () => {
    const rules = { ...RULES, limits: { ...RULES.limits, intervalMs: 1000 } };
    expect(viewAccount(succeeded, rules, MINUTE - 1).current?.source).toBe('official_api');
    expect(viewAccount(succeeded, rules, MINUTE).current?.source).toBe('official_api_stale');
  });

  test('is stale after a failed poll, at once', () => {
    const view = viewAccount(failing, RULES, 6 * MINUTE);
    expect(view.current?.source).toBe('official_api_stale');
    expect(view.validUntil).toBe(HOUR + 1);
  });

  test('is none once the last good poll is older than stale_after', () => {
    expect(viewAccount(failing, RULES, HOUR).current?.snapshot).toBe(snapshot);
    expect(viewAccount(failing, RULES, HOUR + 1).current).toBeUndefined();
  });

  test('is none before anything is known', () => {
    expect(viewAccount(state({}), RULES, 0)).toEqual({
      state: state({}),
      polled: true,
      budgetRemaining: 20,
      validUntil: Number.POSITIVE_INFINITY,
    });
  });
});

test('the budget grows when its oldest request is an hour old', () => {
  const view = viewAccount(state({ requests: [0, MINUTE] }), RULES, 30 * MINUTE);
  expect(view).toMatchObject({ budgetRemaining: 18, validUntil: HOUR });
  expect(viewAccount(view.state, RULES, view.validUntil)).toMatchObject({
    budgetRemaining: 19,
    validUntil: 61 * MINUTE,
  });
});
