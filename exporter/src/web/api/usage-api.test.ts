import { expect, test } from 'vitest';
import { NO_CAPS } from '../../account/gate.ts';
import { usageAnswer } from './usage-api.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');

test('tells each account with its windows, the age of its usage and the reason for it', () => {
  const snapshot = {
    fetchedAt: NOW - 90_000,
    windows: [
      { window: 'five_hour', percent: 42, resetsAt: NOW + 1000, active: true },
      { window: 'seven_day', percent: 0 },
    ],
    extraUsage: { enabled: true, used: { amount: 1.05, currency: 'EUR' } },
    unknownKeys: [],
  };
  const lastPoll = { at: NOW - 1000, outcome: 'rate_limited', detail: 'asks for fewer' } as const;
  const base = { failures: 1, requests: [] };
  const refusal = {
    reason: 'session_threshold',
    window: 'five_hour',
    utilizationPct: 42,
    thresholdPct: 40,
    resetsAt: NOW + 1000,
  } as const;
  const rest = { polled: true, tier: { stale: true }, budgetRemaining: 1, validUntil: 0 };
  const views = [
    {
      state: { ...base, account: 'work', snapshot, lastPoll, blockedUntil: NOW + 1_200_000 },
      current: { snapshot, source: 'official_api_stale' as const, windowSources: new Map() },
      gate: { caps: { sessionPct: 40, weekPct: null }, refusal },
      ...rest,
    },
    { state: { ...base, account: 'new' }, gate: { caps: NO_CAPS }, ...rest },
  ];
  expect(usageAnswer(views, NOW)).toEqual({
    accounts: [
      {
        account: 'work',
        usage: {
          five_hour: { utilization: 42, resets_at: '2026-07-22T12:00:01.000Z' },
          seven_day: { utilization: 0, resets_at: null },
        },
        thresholds: { session_pct: 40, week_pct: null },
        paused: true,
        reason: 'session_threshold',
        resets_at: '2026-07-22T12:00:01.000Z',
        source: 'official_api_stale',
        fetched_at: '2026-07-22T11:58:30.000Z',
        age_seconds: 90,
        last_poll: { at: '2026-07-22T11:59:59.000Z', outcome: 'rate_limited', detail: 'asks for fewer' },
        poll_reason: 'rate_limited',
        blocked_until: '2026-07-22T12:20:00.000Z',
        plan: null,
        rate_limit_tier: null,
        windows: [
          {
            window: 'five_hour',
            utilization_percent: 42,
            utilization_ratio: 0.42,
            resets_at: '2026-07-22T12:00:01.000Z',
            duration_seconds: 18_000,
            active: true,
            source: 'official_api_stale',
          },
          {
            window: 'seven_day',
            utilization_percent: 0,
            utilization_ratio: 0,
            resets_at: null,
            duration_seconds: 604_800,
            active: null,
            source: 'official_api_stale',
          },
        ],
        extra_usage: { enabled: true, limit: null, used: { amount: 1.05, currency: 'EUR' } },
      },
      {
        account: 'new',
        usage: null,
        thresholds: { session_pct: null, week_pct: null },
        paused: false,
        reason: null,
        resets_at: null,
        source: null,
        fetched_at: null,
        age_seconds: null,
        last_poll: null,
        poll_reason: 'not_polled_yet',
        blocked_until: null,
        plan: null,
        rate_limit_tier: null,
        windows: [],
        extra_usage: null,
      },
    ],
  });
});
