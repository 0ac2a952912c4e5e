import { backoff } from '@repo/common/backoff';
import type { PollOutcome } from './poll-outcome.ts';

/** Limits on the requests for one account. */
export interface RequestLimits {
  /** Minimum time between two requests, whatever jitter and resets suggest. */
  readonly floorMs: number;
  /** Maximum number of requests within any trailing hour. */
  readonly hourlyBudget: number;
}

export interface PollLimits extends RequestLimits {
  readonly intervalMs: number;
}

/** The API tolerates about 28 requests an hour; a third of them is left to other programs. */
export const API_LIMITS = { floorMs: 180_000, hourlyBudget: 20 } as const;
/** A simulator on loopback tolerates any rate. */
export const SIMULATOR_LIMITS = { floorMs: 0, hourlyBudget: Number.POSITIVE_INFINITY } as const;

const HOUR_MS = 3_600_000;
const JITTER = 0.1;
const AFTER_RESET_MS = 60_000;
/** Answers differ by up to two seconds about one reset, so the reset that was just polled for may seem new. */
const RESET_JITTER_MS = 5_000;
const MAX_BACKOFF_MS = 30 * 60_000;
/** A few 403 responses get the whole host blocked for an hour. */
const AFTER_FORBIDDEN_MS = HOUR_MS;
const CREDENTIAL_RECHECK_MS = 60_000;

/** Times before which the account must not be requested again. */
export interface Blocks {
  /** Set by a 429. */
  readonly blockedUntil?: number;
  /** Set by a 403. */
  readonly pausedUntil?: number;
}

export interface FinishedPoll extends Blocks {
  readonly at: number;
  readonly outcome: PollOutcome;
  /** False if no request was sent, because the credentials are missing. */
  readonly requested: boolean;
  /** Failures in a row, including this one. */
  readonly failures: number;
  /** Resets of the account's windows. */
  readonly resets: readonly number[];
}

/** Returns the time of the next poll, apart from the hourly budget. `random` is 0 to 1. */
export function nextPollAt(poll: FinishedPoll, limits: PollLimits, random: number): number {
  if (!poll.requested) return poll.at + Math.min(CREDENTIAL_RECHECK_MS, limits.intervalMs);
  const unblockedAt = Math.max(poll.blockedUntil ?? 0, poll.pausedUntil ?? 0);
  if (unblockedAt > poll.at) return unblockedAt;
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

/** Returns the time of the first poll after a start: immediately, unless limits or a block forbid it. */
export function firstPollAt(
  { requests, blockedUntil, pausedUntil }: Blocks & { readonly requests: readonly number[] },
  limits: RequestLimits,
  now: number,
): number {
  const due = Math.max(blockedUntil ?? 0, pausedUntil ?? 0, nextRequestAt(requests, limits, now));
  // A time further ahead was stored while the clock was wrong.
  return Math.min(due, now + MAX_BLOCK_MS);
}

/** Returns the earliest time of the next request that the limits allow; 0 if there was none before. */
export function nextRequestAt(requests: readonly number[], limits: RequestLimits, now: number): number {
  const { floorMs, hourlyBudget } = limits;
  const counted = countedRequests(requests, limits, now);
  const last = counted.at(-1);
  const oldest = counted.at(-hourlyBudget);
  return Math.max(
    last === undefined ? 0 : last + floorMs,
    counted.length < hourlyBudget || oldest === undefined ? 0 : oldest + HOUR_MS,
  );
}

const MIN_BLOCK_MS = 300_000;
/** Most blocks that were probed right after their end were extended within this time. */
const BLOCK_MARGIN_MS = 900_000;
const MAX_BLOCK_MS = 4_500_000;

/** Returns the end of the block that a 429 sets. */
export function blockedUntil(now: number, retryAfterMs: number | undefined): number {
  return now + Math.min(Math.max(retryAfterMs ?? 0, MIN_BLOCK_MS) + BLOCK_MARGIN_MS, MAX_BLOCK_MS);
}

/** Returns the blocks that a failed request sets, on either endpoint. */
export function blocksAfter(
  { reason, retryAfterMs }: { readonly reason: PollOutcome; readonly retryAfterMs?: number },
  now: number,
): Blocks {
  if (reason === 'rate_limited') return { blockedUntil: blockedUntil(now, retryAfterMs) };
  return reason === 'forbidden' ? { pausedUntil: now + AFTER_FORBIDDEN_MS } : {};
}

/** Start of the trailing hour. */
export function budgetWindowStart(now: number): number {
  return now - HOUR_MS;
}

/** Returns how many requests the trailing hour still allows, and when that number next grows. */
export function pollBudget(
  requests: readonly number[],
  limits: RequestLimits,
  now: number,
): { remaining: number; growsAt: number } {
  const counted = countedRequests(requests, limits, now);
  return {
    remaining: Math.max(0, limits.hourlyBudget - counted.length),
    growsAt: (counted[0] ?? Number.POSITIVE_INFINITY) + HOUR_MS,
  };
}

/**
 * Returns by how much to shift requests that lie in the future, because the clock was set back since; 0 if none does.
 * Shifted, the newest is as old as the floor, so the account neither waits for the clock to catch up nor gets more
 * requests than the budget. The floor itself is kept by the pollers, which measure their sleep.
 */
export function futureShift(newest: number, { floorMs }: RequestLimits, now: number): number {
  return newest > now ? newest - (now - floorMs) : 0;
}

function countedRequests(requests: readonly number[], limits: RequestLimits, now: number): readonly number[] {
  const shift = futureShift(
    requests.reduce((newest, time) => Math.max(newest, time), 0),
    limits,
    now,
  );
  return requests
    .map((time) => (time > now ? time - shift : time))
    .filter((time) => time > budgetWindowStart(now))
    .sort((a, b) => a - b);
}
