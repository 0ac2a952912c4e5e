import { backoff } from '@repo/common/backoff';
import type { DeliveryError } from './delivery-error.ts';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 60_000;
/** Upper bound for the delay that a homeserver can ask for. */
const MAX_REQUESTED_DELAY_MS = 3_600_000;

/**
 * Returns the delay before the next attempt, in milliseconds: the delay that the homeserver asked for, or exponential
 * backoff from half a second to one minute, with jitter.
 * @param attempts number of attempts so far, including the failed one
 * @param random a number from 0 to 1
 */
export function retryDelay(attempts: number, error: DeliveryError, random: number): number {
  if (error.retryAfterMs !== undefined) {
    return Math.min(Math.max(error.retryAfterMs, FIRST_DELAY_MS), MAX_REQUESTED_DELAY_MS);
  }
  return backoff(attempts, FIRST_DELAY_MS, MAX_DELAY_MS) * (1 - random / 4);
}
