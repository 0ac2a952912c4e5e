import type { AccountView } from '../account/account-view.ts';
import type { PollLimits } from '../account/poll-policy.ts';
import { SOURCES } from '../account/sources.ts';
import { TIERS } from '../account/tier.ts';
import type { Account, Config } from '../config/config.ts';
import type { Money } from '../usage/extra-usage.ts';
import type { Plan } from '../usage/profile-body.ts';
import { type Thresholds, thresholdsOf } from '../usage/thresholds.ts';
import { windowDurationSeconds } from '../usage/windows.ts';
import { ACCOUNT_METRICS, type AccountMetric } from './catalogue.ts';
import { type Format, renderHeader, renderSample, type Sample } from './exposition.ts';
import { forecastSamples } from './forecast-metrics.ts';

export type AccountSamples = Partial<Record<AccountMetric, readonly Sample[]>>;

/** Returns the series of one account. */
export function accountSamples(
  { state, current, statusline, disagreements = [], gate, tier, forecasts = [], budgetRemaining }: AccountView,
  thresholds: Thresholds,
): AccountSamples {
  const account = { account: state.account };
  const one = (value: number | undefined) => (value === undefined ? [] : [{ labels: account, value }]);
  const windows = current?.snapshot.windows ?? [];
  const extraUsage = current?.snapshot.extraUsage;
  const money = (value: Money | undefined) =>
    value === undefined ? [] : [{ labels: { ...account, currency: value.currency }, value: value.amount }];
  return {
    claude_usage_utilization_ratio: windows.map(({ window, percent }) => ({
      labels: { ...account, window },
      value: percent / 100,
    })),
    claude_usage_resets_at_timestamp_seconds: windows.flatMap(({ window, resetsAt }) =>
      resetsAt === undefined ? [] : [{ labels: { ...account, window }, value: resetsAt / 1000 }],
    ),
    claude_usage_window_start_timestamp_seconds: windows.flatMap(({ window }) =>
      (state.windowStarts ?? [])
        .filter((start) => start.window === window)
        .map(({ startedAt }) => ({ labels: { ...account, window }, value: startedAt / 1000 })),
    ),
    claude_usage_limit_active: windows.flatMap(({ window, active }) =>
      active === undefined ? [] : [{ labels: { ...account, window }, value: Number(active) }],
    ),
    claude_usage_threshold_ratio: windows.flatMap(({ window }) =>
      thresholdsOf(window, thresholds).map(({ percent, severity }) => ({
        labels: { ...account, window, threshold: String(percent), severity },
        value: percent / 100,
      })),
    ),
    claude_usage_extra_enabled: one(extraUsage && Number(extraUsage.enabled)),
    claude_usage_extra_limit: money(extraUsage?.limit),
    claude_usage_extra_used: money(extraUsage?.used),
    claude_usage_tier: tier.stale
      ? []
      : TIERS.map((name) => ({ labels: { ...account, tier: name }, value: Number(name === tier.tier) })),
    claude_usage_gate_open: one(Number(gate.refusal === undefined)),
    claude_usage_gate_cap_ratio: [
      ...cap(account, 'session', gate.caps.sessionPct),
      ...cap(account, 'week', gate.caps.weekPct),
    ],
    claude_usage_plan_info: planInfo(account, state.plan),
    claude_usage_source: SOURCES.map((source) => ({
      labels: { ...account, source },
      value: Number(current?.source === source),
    })),
    claude_usage_source_disagreement_ratio: disagreements.map(({ window, percent }) => ({
      labels: { ...account, window },
      value: percent / 100,
    })),
    claude_usage_statusline_last_timestamp_seconds: one(seconds(statusline?.seenAt)),
    claude_usage_up: one(state.lastPoll && Number(state.lastPoll.outcome === 'success')),
    claude_usage_last_success_timestamp_seconds: one(seconds(state.snapshot?.fetchedAt)),
    claude_usage_poll_budget_remaining: Number.isFinite(budgetRemaining) ? one(budgetRemaining) : [],
    claude_usage_blocked_until_timestamp_seconds: one(seconds(state.blockedUntil)),
    claude_usage_access_token_expiry_timestamp_seconds: one(seconds(state.accessTokenExpiresAt)),
    claude_usage_login_expiry_timestamp_seconds: one(seconds(state.loginExpiresAt)),
    claude_usage_schema_unknown_keys: one(state.snapshot?.unknownKeys.length),
    ...forecastSamples(state.account, forecasts),
  };
}

function planInfo(account: { account: string }, { plan, rateLimitTier }: Plan = {}): Sample[] {
  if (plan === undefined && rateLimitTier === undefined) return [];
  return [{ labels: { ...account, plan: plan ?? '', rate_limit_tier: rateLimitTier ?? '' }, value: 1 }];
}

/** The part of the configuration that the metrics report. */
export type ReportedConfig = Pick<Config, 'thresholds' | 'staleAfterMs'> & {
  readonly accounts: readonly (Pick<Account, 'name' | 'polled'> & {
    readonly limits: Pick<PollLimits, 'intervalMs'>;
  })[];
};

/** Returns the series that belong to no account, and those of the configuration. */
export function sharedSamples(
  views: readonly AccountView[],
  { accounts, staleAfterMs }: ReportedConfig,
  armedAt: number,
): AccountSamples {
  const windows = new Set(views.flatMap(({ current }) => current?.snapshot.windows.map(({ window }) => window) ?? []));
  const latest = views
    .filter(({ state }) => state.clockSkewMs !== undefined)
    .sort((a, b) => (b.state.lastPoll?.at ?? 0) - (a.state.lastPoll?.at ?? 0))[0];
  return {
    claude_usage_window_duration_seconds: [...windows].map((window) => ({
      labels: { window },
      value: windowDurationSeconds(window),
    })),
    claude_usage_poll_interval_seconds: accounts
      .filter(({ polled }) => polled)
      .map(({ name, limits }) => ({ labels: { account: name }, value: limits.intervalMs / 1000 })),
    claude_usage_stale_after_seconds: [{ labels: {}, value: staleAfterMs / 1000 }],
    claude_usage_armed_timestamp_seconds: [{ labels: {}, value: armedAt / 1000 }],
    claude_usage_clock_skew_seconds:
      latest?.state.clockSkewMs === undefined ? [] : [{ labels: {}, value: latest.state.clockSkewMs / 1000 }],
  };
}

/** Rendered series by family. */
export type FamilyLines = Partial<Record<AccountMetric, string>>;

export function renderLines(samples: AccountSamples, format: Format): FamilyLines {
  return Object.fromEntries(
    Object.entries(samples).map(([name, family]) => [
      name,
      family.map((sample) => renderSample(name, sample, format)).join(''),
    ]),
  );
}

/** Joins the lines of all parts below the header of the family; an empty text if there are none. */
export function joinFamily(name: AccountMetric, parts: readonly FamilyLines[], format: Format): string {
  let lines = '';
  for (const part of parts) lines += part[name] ?? '';
  return lines === '' ? '' : renderHeader({ name, ...ACCOUNT_METRICS[name] }, format) + lines;
}

function cap(account: { account: string }, name: 'session' | 'week', percent: number | null): Sample[] {
  return percent === null ? [] : [{ labels: { ...account, cap: name }, value: percent / 100 }];
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
