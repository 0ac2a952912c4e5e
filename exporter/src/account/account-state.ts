import type { Plan } from '../usage/profile-body.ts';
import type { Snapshot } from '../usage/snapshot.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import {
  type CurrentUsage,
  combineSources,
  type Disagreement,
  disagreements,
  type PolledUsage,
  statuslineValidUntil,
} from './current-usage.ts';
import { decideGate, type GateCaps, type Refusal } from './gate.ts';
import type { PollOutcome } from './poll-outcome.ts';
import { type PollLimits, pollBudget } from './poll-policy.ts';
import type { StatuslineUsage } from './statusline-usage.ts';
import { type TierThresholds, type TierView, viewTier } from './tier.ts';

/** All that is known of one account. The poller replaces it as a whole; everything else reads it. */
export interface AccountState {
  readonly account: string;
  readonly lastPoll?: LastPoll;
  /** What the last good poll brought, however long ago. */
  readonly snapshot?: Snapshot;
  readonly blockedUntil?: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Times of the requests within the trailing hour. */
  readonly requests: readonly number[];
  readonly accessTokenExpiresAt?: number;
  readonly loginExpiresAt?: number;
  /** How far the API's clock is ahead of ours. */
  readonly clockSkewMs?: number;
  readonly plan?: KnownPlan;
}

/** The account's plan as far as it is known, and when it was last asked for, whatever came of it. */
export interface KnownPlan extends Plan {
  readonly askedAt: number;
}

export interface LastPoll {
  readonly at: number;
  readonly outcome: PollOutcome;
  /** One sentence for people; absent after a success. */
  readonly detail?: string;
}

/** An account as a reader sees it at one moment. */
export interface AccountView {
  readonly state: AccountState;
  /** Whether the API is asked about it at all. */
  readonly polled: boolean;
  /** Absent when nothing is known, or nothing recent enough to be shown as the present. */
  readonly current?: CurrentUsage;
  /** What status lines told last, however long ago. */
  readonly statusline?: StatuslineUsage;
  readonly disagreements?: readonly Disagreement[];
  readonly gate: GateView;
  readonly tier: TierView;
  readonly budgetRemaining: number;
  /** The view stays the same until this time unless a poll changes the state. */
  readonly validUntil: number;
}

/** Whether new work of the account may begin. */
export interface GateView {
  readonly caps: GateCaps;
  /** Absent while the gate is open. */
  readonly refusal?: Refusal;
}

/** What is told of an account besides its state. */
export interface AccountContext {
  readonly caps: GateCaps;
  /** What is known of the windows that have not reset yet, however long ago it was learnt. */
  readonly lastKnown: readonly WindowUsage[];
  readonly statusline?: StatuslineUsage;
}

export interface ViewRules {
  readonly tierThresholds: TierThresholds;
  readonly limits: PollLimits;
  readonly polled: boolean;
  /** A snapshot older than this is not shown as the present any more. */
  readonly staleAfterMs: number;
}

/** Where polls come every second, one that is late means nothing. */
const LEAST_FRESH_MS = 60_000;

export function viewAccount(
  state: AccountState,
  { caps, lastKnown, statusline }: AccountContext,
  { limits, polled, staleAfterMs, tierThresholds }: ViewRules,
  now: number,
): AccountView {
  const budget = pollBudget(state.requests, limits, now);
  const usage = polledUsage(state, limits, staleAfterMs, now);
  const current = combineSources(usage, statusline, now, staleAfterMs);
  const apart = disagreements(usage, statusline, now, staleAfterMs);
  const windows = current?.snapshot.windows;
  const known = lastKnown.filter(({ resetsAt = 0 }) => resetsAt > now);
  // A window without a reset counts while it is shown; it has no end to which it could be remembered.
  const refusal = decideGate(
    caps,
    [...known, ...(windows ?? []).filter(({ resetsAt }) => resetsAt === undefined)],
    now,
  );
  return {
    state,
    polled,
    ...(current ? { current } : {}),
    ...(statusline ? { statusline } : {}),
    ...(apart.length === 0 ? {} : { disagreements: apart }),
    gate: { caps, ...(refusal ? { refusal } : {}) },
    tier: viewTier(windows, known, tierThresholds),
    budgetRemaining: budget.remaining,
    validUntil: Math.min(
      budget.growsAt,
      usage?.validUntil ?? Number.POSITIVE_INFINITY,
      statuslineValidUntil(statusline, now, staleAfterMs),
      ...known.map(({ resetsAt = 0 }) => resetsAt),
    ),
  };
}

function polledUsage(
  { snapshot, lastPoll }: AccountState,
  { intervalMs }: PollLimits,
  staleAfterMs: number,
  now: number,
): (PolledUsage & { readonly validUntil: number }) | undefined {
  if (!snapshot || now - snapshot.fetchedAt > staleAfterMs) return undefined;
  // A good poll speaks for the present until the next but one is overdue, which happens when the program was stopped.
  const freshForMs = Math.max(2 * intervalMs, LEAST_FRESH_MS);
  const freshUntil = lastPoll?.outcome === 'success' ? snapshot.fetchedAt + freshForMs : 0;
  const fresh = now < freshUntil;
  return { snapshot, fresh, validUntil: fresh ? freshUntil : snapshot.fetchedAt + staleAfterMs + 1 };
}
