import { describe, expect, test } from 'vitest';
import type { AccountState } from './account-state.ts';
import { type AccountContext, type ViewRules, viewAccount as view } from './account-view.ts';
import { NO_CAPS } from './gate.ts';
import { API_LIMITS } from './poll-policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RULES = {
  polled: true,
  limits: { intervalMs: 5 * MINUTE, ...API_LIMITS },
  staleAfterMs: HOUR,
  tierThresholds: { yellow: 50, orange: 70, red: 85 },
};
const CONTEXT = { caps: NO_CAPS, lastKnown: [], reports: [] };
const viewAccount = (of: AccountState, context: AccountContext, rules: ViewRules, now: number) =>
  view({ state: of, ...context }, rules, now);
const snapshot = { fetchedAt: 0, windows: [], unknownKeys: [] };

function state(more: Partial<AccountState>): AccountState {
  return { account: 'work', failures: 0, requests: [], ...more };
}

const succeeded = state({ snapshot, lastPoll: { at: 0, outcome: 'success' }, requests: [0] });
const failing = state({ snapshot, lastPoll: { at: 5 * MINUTE, outcome: 'timeout', detail: 'no answer' }, failures: 1 });

describe('the source', () => {
  test('is the official API after a good poll, until the next but one is overdue', () => {
    expect(viewAccount(succeeded, CONTEXT, RULES, MINUTE)).toEqual({
      state: succeeded,
      current: { snapshot, source: 'official_api', windowSources: new Map() },
      polled: true,
      gate: { caps: NO_CAPS },
      tier: { stale: true },
      budgetRemaining: 19,
      validUntil: 10 * MINUTE,
    });
    expect(viewAccount(succeeded, CONTEXT, RULES, 10 * MINUTE).current?.source).toBe('official_api_stale');
  });

  test('is the official API for a minute at least, where polls come every second', () => {
    const rules = { ...RULES, limits: { ...RULES.limits, intervalMs: 1000 } };
    expect(viewAccount(succeeded, CONTEXT, rules, MINUTE - 1).current?.source).toBe('official_api');
    expect(viewAccount(succeeded, CONTEXT, rules, MINUTE).current?.source).toBe('official_api_stale');
  });

  test('is stale after a failed poll, at once', () => {
    const view = viewAccount(failing, CONTEXT, RULES, 6 * MINUTE);
    expect(view.current?.source).toBe('official_api_stale');
    expect(view.validUntil).toBe(HOUR + 1);
  });

  test('is none once the last good poll is older than stale_after', () => {
    expect(viewAccount(failing, CONTEXT, RULES, HOUR).current?.snapshot).toEqual(snapshot);
    expect(viewAccount(failing, CONTEXT, RULES, HOUR + 1).current).toBeUndefined();
  });

  test('is none before anything is known', () => {
    expect(viewAccount(state({}), CONTEXT, RULES, 0)).toEqual({
      state: state({}),
      polled: true,
      gate: { caps: NO_CAPS },
      tier: { stale: true },
      budgetRemaining: 20,
      validUntil: Number.POSITIVE_INFINITY,
    });
  });
});

test('the budget grows when its oldest request is an hour old', () => {
  const view = viewAccount(state({ requests: [0, MINUTE] }), CONTEXT, RULES, 30 * MINUTE);
  expect(view).toMatchObject({ budgetRemaining: 18, validUntil: HOUR });
  expect(viewAccount(view.state, CONTEXT, RULES, view.validUntil)).toMatchObject({
    budgetRemaining: 19,
    validUntil: 61 * MINUTE,
  });
});

describe('the gate', () => {
  const week = { window: 'seven_day', percent: 92, resetsAt: 3 * HOUR };
  const full = state({ snapshot: { ...snapshot, windows: [week] }, lastPoll: { at: 0, outcome: 'success' } });
  const capped = { caps: { sessionPct: null, weekPct: 90 }, lastKnown: [week], reports: [] };
  const refusal = {
    reason: 'week_threshold',
    window: 'seven_day',
    utilizationPct: 92,
    thresholdPct: 90,
    resetsAt: 3 * HOUR,
  };

  test('stays closed without any news until the window resets, and opens then by itself', () => {
    expect(viewAccount(full, capped, RULES, 0).gate.refusal).toEqual(refusal);
    const stale = viewAccount(full, capped, RULES, HOUR + 1);
    expect([stale.current, stale.gate.refusal, stale.validUntil]).toEqual([undefined, refusal, 3 * HOUR]);
    expect(viewAccount(full, capped, RULES, 3 * HOUR).gate.refusal).toBeUndefined();
  });

  test('counts a window without a reset as long as it is shown', () => {
    const { resetsAt: _none, ...endless } = week;
    const shown = { ...full, snapshot: { ...snapshot, windows: [endless] } };
    const context = { ...capped, lastKnown: [] };
    const { resetsAt: _, ...withoutReset } = refusal;
    expect(viewAccount(shown, context, RULES, HOUR).gate.refusal).toEqual(withoutReset);
    expect(viewAccount(shown, context, RULES, HOUR + 1).gate.refusal).toBeUndefined();
  });
});

test('the tier goes on with the last known of the week, marked as stale, until the week resets', () => {
  const week = { window: 'seven_day', percent: 70, resetsAt: 3 * HOUR };
  const polled = state({ snapshot: { ...snapshot, windows: [week] }, lastPoll: { at: 0, outcome: 'success' } });
  const context = { caps: NO_CAPS, lastKnown: [week], reports: [] };
  const orange = { tier: 'orange', weeklyPercent: 70, resetsAt: 3 * HOUR };
  expect(viewAccount(polled, context, RULES, HOUR).tier).toEqual({ ...orange, stale: false });
  expect(viewAccount(polled, context, RULES, HOUR + 1).tier).toEqual({ ...orange, stale: true });
  expect(viewAccount(polled, context, RULES, 3 * HOUR).tier).toEqual({ stale: true });
});
