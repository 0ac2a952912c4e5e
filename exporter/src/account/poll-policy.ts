import { backoff } from '@repo/common/backoff';
import type { PollOutcome } from './poll-outcome.ts';

/** How often an account may be asked. */
export interface PollLimits {
  readonly intervalMs: number;
  /** The least time between two requests, whatever chance and resets suggest. */
  readonly floorMs: number;
  /** Requests within any trailing hour. */
  readonly hourlyBudget: number;
}

/** What the API tolerates: about 28 requests an hour, of which we leave a third to others. */
export const API_LIMITS = { floorMs: 180_000, hourlyBudget: 20 } as const;
/** A simulator on loopback tolerates anything. */
export const SIMULATOR_LIMITS = { floorMs: 0, hourlyBudget: Number.POSITIVE_INFINITY } as const;

const HOUR_MS = 3_600_000;
const JITTER = 0.1;
const AFTER_RESET_MS = 60_000;
/** Answers name the same reset up to two seconds apart, so one that was just polled for may look new by that much. */
const RESET_JITTER_MS = 5_000;
const MAX_BACKOFF_MS = 30 * 60_000;
/** A few answers of 403 bring a block of an hour for the whole host. */
const AFTER_FORBIDDEN_MS = HOUR_MS;
const CREDENTIAL_RECHECK_MS = 60_000;

export interface FinishedPoll {
  readonly at: number;
  readonly outcome: PollOutcome;
  /** Whether a request was sent; where credentials are missing, none is. */
  readonly requested: boolean;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** Resets that the account's windows announce. */
  readonly resets: readonly number[];
  readonly blockedUntil?: number;
}

/** When to poll next, apart from the hourly budget. `random` is 0 to 1. */
export function nextPollAt(poll: FinishedPoll, limits: PollLimits, random: number): number {
  if (!poll.requested) return poll.at + Math.min(CREDENTIAL_RECHECK_MS, limits.intervalMs);
  if (poll.blockedUntil !== undefined && poll.blockedUntil > poll.at) return poll.blockedUntil;
  if (poll.outcome === 'forbidden') return poll.at + AFTER_FORBIDDEN_MS;
  const jittered = (ms: number) => Math.round(ms * (1 - JITTER + 2 * JITTER * random));
  const floor = poll.at + limits.floorMs;
  if (poll.outcome !== 'success') {
    const wait = backoff(poll.failures, limits.intervalMs, Math.max(MAX_BACKOFF_MS, limits.intervalMs));
    return Math.max(floor, poll.at + jittered(wait));
  }
  const afterResets = poll.resets
    .map((reset) => reset + AFTER_RESET_MS)
    .filter((due) => due - RESET_JITTER_MS > poll.at);
  return Math.max(floor, Math.min(poll.at + jittered(limits.intervalMs), ...afterResets));
}

/** When to poll after a start: at once, unless the floor after the last request or a block forbids it. */
export function firstPollAt(
  { requests, blockedUntil }: { readonly requests: readonly number[]; readonly blockedUntil?: number },
  { floorMs }: PollLimits,
  now: number,
): number {
  const due = Math.max(blockedUntil ?? 0, ...requests.map((time) => time + floorMs));
  // What lies further ahead was written when the clock was wrong.
  return Math.min(due, now + MAX_BLOCK_MS);
}

const LEAST_BLOCK_MS = 300_000;
/** Of the blocks that were asked about again right after their end, most were renewed within this time. */
const BLOCK_MARGIN_MS = 900_000;
const MAX_BLOCK_MS = 4_500_000;

/** Until when a 429 keeps us from asking. */
export function blockedUntil(now: number, retryAfterMs: number | undefined): number {
  return now + Math.min(Math.max(retryAfterMs ?? 0, LEAST_BLOCK_MS) + BLOCK_MARGIN_MS, MAX_BLOCK_MS);
}

/** Start of the trailing hour. */
export function budgetWindowStart(now: number): number {
  return now - HOUR_MS;
}

/** How many requests the trailing hour still allows, and when that number next grows. */
export function pollBudget(
  requests: readonly number[],
  limits: Pick<PollLimits, 'hourlyBudget'>,
  now: number,
): { remaining: number; growsAt: number } {
  // A clock that was set back makes requests of the future; those far ahead were logged while it was wrong.
  const counted = requests.filter((time) => time > budgetWindowStart(now) && time <= now + HOUR_MS);
  return {
    remaining: Math.max(0, limits.hourlyBudget - counted.length),
    growsAt: counted.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...counted) + HOUR_MS,
  };
}
