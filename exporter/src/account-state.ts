import type { PollOutcome } from './poll-outcome.ts';
import { type PollLimits, pollBudget } from './poll-policy.ts';
import type { Snapshot } from './snapshot.ts';

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
}

export interface LastPoll {
  readonly at: number;
  readonly outcome: PollOutcome;
  /** One sentence for people; absent after a success. */
  readonly detail?: string;
}

/** Where the exported numbers come from; the values of the `source` label. */
export const SOURCES = ['official_api', 'official_api_stale'] as const;
export type Source = (typeof SOURCES)[number];

/** An account as a reader sees it at one moment. */
export interface AccountView {
  readonly state: AccountState;
  /** Whether the API is asked about it at all. */
  readonly polled: boolean;
  /** Absent when nothing is known, or nothing recent enough to be shown as the present. */
  readonly current?: { readonly snapshot: Snapshot; readonly source: Source };
  readonly budgetRemaining: number;
  /** The view stays the same until this time unless a poll changes the state. */
  readonly validUntil: number;
}

export interface ViewRules {
  readonly limits: PollLimits;
  readonly polled: boolean;
  /** A snapshot older than this is not shown as the present any more. */
  readonly staleAfterMs: number;
}

/** Where polls come every second, one that is late means nothing. */
const LEAST_FRESH_MS = 60_000;

export function viewAccount(
  state: AccountState,
  { limits, polled, staleAfterMs }: ViewRules,
  now: number,
): AccountView {
  const budget = pollBudget(state.requests, limits, now);
  const base = { state, polled, budgetRemaining: budget.remaining };
  const { snapshot, lastPoll } = state;
  if (!snapshot || now - snapshot.fetchedAt > staleAfterMs) return { ...base, validUntil: budget.growsAt };
  // A good poll speaks for the present until the next but one is overdue, which happens when the program was stopped.
  const freshForMs = Math.max(2 * limits.intervalMs, LEAST_FRESH_MS);
  const freshUntil = lastPoll?.outcome === 'success' ? snapshot.fetchedAt + freshForMs : 0;
  const fresh = now < freshUntil;
  return {
    ...base,
    current: { snapshot, source: fresh ? 'official_api' : 'official_api_stale' },
    validUntil: Math.min(budget.growsAt, fresh ? freshUntil : snapshot.fetchedAt + staleAfterMs + 1),
  };
}
