import { expect, test } from 'vitest';
import type { AccountView } from '../account/account-view.ts';
import { NO_CAPS } from '../account/gate.ts';
import { addGrades, type GradeSummary, NO_GRADES } from '../forecast/grade-summary.ts';
import type { Distribution } from '../forecast/method.ts';
import { thresholdAt } from '../usage/thresholds.ts';
import { accountSamples, type FamilyLines, joinFamily, renderLines, sharedSamples } from './account-metrics.ts';
import { ACCOUNT_METRICS, type AccountMetric } from './catalogue.ts';
import type { Format } from './exposition.ts';

function joinFamilies(parts: readonly FamilyLines[], format: Format): string {
  return Object.keys(ACCOUNT_METRICS)
    .map((name) => joinFamily(name as AccountMetric, parts, format))
    .join('');
}

const FETCHED_AT = Date.parse('2026-07-22T12:00:00.250Z');
const RESETS_AT = Date.parse('2026-07-22T15:10:00.002Z');
const thresholds = { weekly: [thresholdAt(50), thresholdAt(80)], fiveHour: [] };

const config = {
  thresholds,
  staleAfterMs: 3_600_000,
  accounts: [
    { name: 'work', polled: true, limits: { intervalMs: 300_000 } },
    { name: 'new', polled: false, limits: { intervalMs: 300_000 } },
  ],
};

const POINT = { at: FETCHED_AT, percent: 57.5, resetsAt: RESETS_AT };
const LIKELY: Distribution = {
  probability: 0.75,
  p10: RESETS_AT - 7_200_000,
  p50: RESETS_AT - 3_600_000,
  p90: Number.POSITIVE_INFINITY,
  timeIfExhausted: () => RESETS_AT,
  percentAtReset: (quantile) => (quantile < 0.25 ? 90 : 100),
};
const NEVER: Distribution = { ...LIKELY, probability: 0, p50: Number.POSITIVE_INFINITY };
const GRADES: GradeSummary = addGrades(NO_GRADES, [
  { method: 'default', resetsAt: 1, forecasts: 9, brier: 0.25, coverage: 1, outcome: 'hit', errorMs: 7_200_000 },
  { method: 'default', resetsAt: 2, forecasts: 9, brier: 0, coverage: 1, outcome: 'quiet' },
]);

const full: AccountView = {
  state: {
    account: 'work',
    failures: 0,
    requests: [],
    lastPoll: { at: FETCHED_AT, outcome: 'rate_limited', detail: 'x' },
    snapshot: { fetchedAt: FETCHED_AT, windows: [], unknownKeys: ['new_key'] },
    windowStarts: [
      { window: 'five_hour', startedAt: RESETS_AT - 18_000_002, resetsAt: RESETS_AT, percent: 104 },
      { window: 'seven_day_gone', startedAt: 0, resetsAt: 0, percent: 0 },
    ],
    blockedUntil: FETCHED_AT + 1_200_000,
    accessTokenExpiresAt: 1_800_000_000_000,
    loginExpiresAt: 1_802_000_000_000,
    clockSkewMs: -1500,
    plan: { askedAt: 0, plan: 'claude_max', rateLimitTier: 'default_claude_max_20x' },
  },
  current: {
    source: 'official_api_stale',
    snapshot: {
      fetchedAt: FETCHED_AT,
      windows: [
        { window: 'five_hour', percent: 104, resetsAt: RESETS_AT, active: true },
        { window: 'seven_day', percent: 57.5, active: false },
        { window: 'seven_day_opus', percent: 0 },
      ],
      extraUsage: {
        enabled: true,
        limit: { amount: 300, currency: 'USD' },
        used: { amount: 105.87, currency: 'USD' },
      },
      unknownKeys: [],
    },
    windowSources: new Map(),
  },
  polled: true,
  gate: {
    caps: { sessionPct: 90, weekPct: null },
    refusal: {
      reason: 'session_threshold',
      window: 'five_hour',
      utilizationPct: 104,
      thresholdPct: 90,
      resetsAt: RESETS_AT,
    },
  },
  tier: { tier: 'yellow', weeklyPercent: 57.5, stale: false },
  statusline: { source: 'statusline', seenAt: FETCHED_AT + 1000, windows: [] },
  disagreements: [{ window: 'seven_day', percent: 1.5 }],
  forecasts: [
    { window: 'five_hour', unknown: 'too_early', known: [] },
    {
      window: 'seven_day',
      point: POINT,
      known: [
        ['default', LIKELY],
        ['linear_6h', NEVER],
      ],
      grades: GRADES,
    },
  ],
  budgetRemaining: 17,
  validUntil: 0,
};
const empty: AccountView = {
  state: { account: 'new', failures: 0, requests: [] },
  polled: true,
  gate: { caps: NO_CAPS },
  tier: { stale: true },
  budgetRemaining: Number.POSITIVE_INFINITY,
  validUntil: 0,
};

function series(format: 'text' | 'openmetrics'): string {
  const views = [full, empty];
  const parts = [
    ...views.map((view) => accountSamples(view, thresholds)),
    sharedSamples(views, config, 1_790_000_000_500),
  ];
  return joinFamilies(
    parts.map((part) => renderLines(part, format)),
    format,
  );
}

function histogram(name: string, counts: readonly number[], sum: number): string {
  const labels = 'account="work",window="seven_day",method="default"';
  const bounds = ['900', '3600', '14400', '43200', '86400', '172800', '345600', '+Inf'];
  return [
    ...counts.map((count, k) => `${name}_bucket{${labels},le="${bounds[k]}"} ${count}`),
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${counts.at(-1)}`,
  ].join('\n');
}

const GOLDEN = `claude_usage_utilization_ratio{account="work",window="five_hour"} 1.04
claude_usage_utilization_ratio{account="work",window="seven_day"} 0.575
claude_usage_utilization_ratio{account="work",window="seven_day_opus"} 0
claude_usage_resets_at_timestamp_seconds{account="work",window="five_hour"} 1784733000.002
claude_usage_window_start_timestamp_seconds{account="work",window="five_hour"} 1784715000
claude_usage_window_duration_seconds{window="five_hour"} 18000
claude_usage_window_duration_seconds{window="seven_day"} 604800
claude_usage_window_duration_seconds{window="seven_day_opus"} 604800
claude_usage_limit_active{account="work",window="five_hour"} 1
claude_usage_limit_active{account="work",window="seven_day"} 0
claude_usage_threshold_ratio{account="work",window="seven_day",threshold="50",severity="info"} 0.5
claude_usage_threshold_ratio{account="work",window="seven_day",threshold="80",severity="warning"} 0.8
claude_usage_threshold_ratio{account="work",window="seven_day_opus",threshold="50",severity="info"} 0.5
claude_usage_threshold_ratio{account="work",window="seven_day_opus",threshold="80",severity="warning"} 0.8
claude_usage_extra_enabled{account="work"} 1
claude_usage_extra_limit{account="work",currency="USD"} 300
claude_usage_extra_used{account="work",currency="USD"} 105.87
claude_usage_tier{account="work",tier="green"} 0
claude_usage_tier{account="work",tier="yellow"} 1
claude_usage_tier{account="work",tier="orange"} 0
claude_usage_tier{account="work",tier="red"} 0
claude_usage_gate_open{account="work"} 0
claude_usage_gate_open{account="new"} 1
claude_usage_gate_cap_ratio{account="work",cap="session"} 0.9
claude_usage_plan_info{account="work",plan="claude_max",rate_limit_tier="default_claude_max_20x"} 1
claude_usage_predicted_exhaustion_timestamp_seconds{account="work",window="seven_day",method="default"} 1784729400.002
claude_usage_predicted_exhaustion_timestamp_seconds{account="work",window="seven_day",method="linear_6h"} +Inf
claude_usage_predicted_exhaustion_probability{account="work",window="seven_day"} 0.75
claude_usage_predicted_utilization_at_reset_ratio{account="work",window="seven_day",percentile="10"} 0.9
claude_usage_predicted_utilization_at_reset_ratio{account="work",window="seven_day",percentile="50"} 1
claude_usage_predicted_utilization_at_reset_ratio{account="work",window="seven_day",percentile="90"} 1
claude_usage_forecast_unknown{account="work",window="five_hour",reason="too_early"} 1
${histogram('claude_usage_forecast_error_seconds', [0, 0, 1, 1, 1, 1, 1, 1], 7200)}
claude_usage_forecast_outcomes_total{account="work",window="seven_day",method="default",outcome="hit"} 1
claude_usage_forecast_outcomes_total{account="work",window="seven_day",method="default",outcome="missed"} 0
claude_usage_forecast_outcomes_total{account="work",window="seven_day",method="default",outcome="false_alarm"} 0
claude_usage_forecast_outcomes_total{account="work",window="seven_day",method="default",outcome="quiet"} 1
claude_usage_forecast_brier_score{account="work",window="seven_day",method="default"} 0.125
claude_usage_source{account="work",source="official_api"} 0
claude_usage_source{account="work",source="claude_code"} 0
claude_usage_source{account="work",source="statusline"} 0
claude_usage_source{account="work",source="official_api_stale"} 1
claude_usage_source{account="work",source="local_estimate"} 0
claude_usage_source{account="new",source="official_api"} 0
claude_usage_source{account="new",source="claude_code"} 0
claude_usage_source{account="new",source="statusline"} 0
claude_usage_source{account="new",source="official_api_stale"} 0
claude_usage_source{account="new",source="local_estimate"} 0
claude_usage_source_disagreement_ratio{account="work",window="seven_day"} 0.015
claude_usage_statusline_last_timestamp_seconds{account="work"} 1784721601.25
claude_usage_poll_interval_seconds{account="work"} 300
claude_usage_stale_after_seconds 3600
claude_usage_armed_timestamp_seconds 1790000000.5
claude_usage_up{account="work"} 0
claude_usage_last_success_timestamp_seconds{account="work"} 1784721600.25
claude_usage_poll_budget_remaining{account="work"} 17
claude_usage_blocked_until_timestamp_seconds{account="work"} 1784722800.25
claude_usage_access_token_expiry_timestamp_seconds{account="work"} 1800000000
claude_usage_login_expiry_timestamp_seconds{account="work"} 1802000000
claude_usage_schema_unknown_keys{account="work"} 1
claude_usage_clock_skew_seconds -1.5
`;

test.each(['text', 'openmetrics'] as const)('every series of two accounts, in %s', (format) => {
  // OpenMetrics spells whole bounds of buckets as floats.
  const text = series(format)
    .replace(/^#.*\n/gm, '')
    .replace(/(le="\d+)\.0"/g, '$1"');
  expect(text).toBe(GOLDEN);
});

test('each family is introduced once, by its help and type', () => {
  const families = [...series('text').matchAll(/^# HELP (\S+) (.+)\n# TYPE \1 (gauge|counter|histogram)\n\1/gm)].map(
    ([, name]) => name,
  );
  expect(families).toEqual(Object.keys(ACCOUNT_METRICS));
});

test('every label is one of the catalogue, in its order', () => {
  const samples = Object.entries(accountSamples(full, thresholds));
  for (const [name, family] of samples) {
    for (const { labels } of family) {
      // A histogram's buckets have their bound as well.
      expect(Object.keys(labels).filter((label) => label !== 'le')).toEqual(
        ACCOUNT_METRICS[name as keyof typeof ACCOUNT_METRICS].labels,
      );
    }
  }
  expect(samples.length).toBeGreaterThan(10);
});

test('the lines of all parts stand together in each family, in the order of the parts', () => {
  const home = {
    claude_usage_up: 'claude_usage_up{account="home"} 1\n',
    claude_usage_gate_open: 'claude_usage_gate_open{account="home"} 1\n',
  };
  const work = { claude_usage_up: 'claude_usage_up{account="work"} 1\n' };
  const lines = joinFamilies([home, work], 'text').split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
    'claude_usage_gate_open{account="home"} 1',
    'claude_usage_up{account="home"} 1',
    'claude_usage_up{account="work"} 1',
  ]);
  expect(joinFamilies([], 'text')).toBe('');
});
