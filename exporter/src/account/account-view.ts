import { viewForecasts, type WindowForecast, type WindowOutlook } from '../forecast/window-outlook.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import type { AccountState } from './account-state.ts';
import {
  type CurrentUsage,
  currentUsage,
  type Disagreement,
  disagreements,
  type PolledUsage,
} from './current-usage.ts';
import { decideGate, type GateCaps, type Refusal } from './gate.ts';
import { type PollLimits, pollBudget } from './poll-policy.ts';
import { findWindow, liveReport, type Source, type SourceReport, windowsBeforeReset } from './sources.ts';
import { type TierThresholds, type TierView, viewTier } from './tier.ts';

/** One account as readers see it at one moment. */
export interface AccountView {
  readonly state: AccountState;
  /** False if the configuration disables polls of this account. */
  readonly polled: boolean;
  /** Absent when nothing is known, or nothing recent enough to be shown as current. */
  readonly current?: CurrentUsage;
  /** The last report of the status lines, however old. */
  readonly statusline?: SourceReport;
  readonly disagreements?: readonly Disagreement[];
  readonly gate: GateView;
  readonly tier: TierView;
  readonly forecasts?: readonly WindowForecast[];
  readonly budgetRemaining: number;
  /** The view is valid until this time, unless the account's data is replaced. */
  readonly validUntil: number;
}

/** The gate for new work of the account. */
export interface GateView {
  readonly caps: GateCaps;
  /** Absent while the gate is open. */
  readonly refusal?: Refusal;
}

/** Data of an account that does not come from polls. */
export interface AccountContext {
  readonly caps: GateCaps;
  /** Last known windows that have not reset yet, however long ago they were seen. */
  readonly lastKnown: readonly WindowUsage[];
  /** The last report of every other source, at most one for each. */
  readonly reports: readonly SourceReport[];
  /** Forecasts of the windows, as of their last samples. */
  readonly outlooks?: readonly WindowOutlook[];
}

/** An account with everything that is known of it. */
export interface KnownAccount extends AccountContext {
  readonly state: AccountState;
}

export interface ViewRules {
  readonly tierThresholds: TierThresholds;
  readonly limits: PollLimits;
  readonly polled: boolean;
  /** Older usage is not shown as current. */
  readonly staleAfterMs: number;
}

/** Minimum age at which a poll counts as overdue, for accounts that are polled every second. */
const MIN_FRESH_MS = 60_000;

export function viewAccount(
  { state, caps, lastKnown, reports, outlooks = [] }: KnownAccount,
  { limits, polled, staleAfterMs, tierThresholds }: ViewRules,
  now: number,
): AccountView {
  const budget = pollBudget(state.requests, limits, now);
  const poll = polledUsage(state, limits, staleAfterMs, now);
  const live = reports.flatMap((report) => liveReport(report, now, staleAfterMs) ?? []);
  const current = currentUsage(poll, live, now);
  const apart = disagreements(poll, ofSource(live, 'statusline'), now);
  const windows = current?.snapshot.windows ?? [];
  // A utilization stays a lower bound until its window resets, so the gate also counts windows that are no longer shown.
  const remembered = windowsBeforeReset(lastKnown, now).filter(({ window }) => !findWindow(windows, window));
  const refusal = decideGate(caps, [...remembered, ...windows], now);
  const statusline = ofSource(reports, 'statusline');
  const forecasts = viewForecasts(windows, outlooks, now);
  return {
    state,
    polled,
    ...(current ? { current } : {}),
    ...(statusline ? { statusline } : {}),
    ...(apart.length === 0 ? {} : { disagreements: apart }),
    gate: { caps, ...(refusal ? { refusal } : {}) },
    tier: viewTier(current?.snapshot.windows, remembered, tierThresholds),
    ...(forecasts.length === 0 ? {} : { forecasts }),
    budgetRemaining: budget.remaining,
    validUntil: Math.min(
      budget.growsAt,
      poll?.validUntil ?? Number.POSITIVE_INFINITY,
      ...live.map(({ seenAt }) => seenAt + staleAfterMs + 1),
      ...[...remembered, ...windows].map(({ resetsAt = Number.POSITIVE_INFINITY }) => resetsAt),
    ),
  };
}

export function ofSource(reports: readonly SourceReport[], source: Source): SourceReport | undefined {
  return reports.find((report) => report.source === source);
}

function polledUsage(
  { snapshot, lastPoll }: AccountState,
  { intervalMs }: PollLimits,
  staleAfterMs: number,
  now: number,
): (PolledUsage & { readonly validUntil: number }) | undefined {
  // A poll from the future was stored while the clock was wrong, so its age is unknown.
  if (!snapshot || Math.abs(now - snapshot.fetchedAt) > staleAfterMs) return undefined;
  // A good poll is current until the next but one is overdue, which happens when the program was stopped.
  const freshForMs = Math.max(2 * intervalMs, MIN_FRESH_MS);
  const freshUntil = lastPoll?.outcome === 'success' ? snapshot.fetchedAt + freshForMs : 0;
  const fresh = now < freshUntil;
  return { snapshot, fresh, validUntil: fresh ? freshUntil : snapshot.fetchedAt + staleAfterMs + 1 };
}
