import { backoff } from '@repo/common/backoff';
import type { DeliveryError } from './delivery-error.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** No homeserver is believed to want more. */
const LONGEST_REQUESTED_DELAY_MS = 3_600_000;

/**
 * How long to wait before the next try, in milliseconds: what the homeserver asks for within
 * reason, else doubling from half a
 * second to a minute, spread by up to a quarter so that several bridges do not come back at once.
 * @param attempts how many tries there have been, this one included
 * @param random a number from 0 to 1
 */
export function retryDelay(attempts: number, error: DeliveryError, random: number): number {
  if (error.retryAfterMs !== undefined) {
    return Math.min(Math.max(error.retryAfterMs, FIRST_DELAY_MS), LONGEST_REQUESTED_DELAY_MS);
  }
  return backoff(attempts, FIRST_DELAY_MS, LONGEST_DELAY_MS) * (1 - random / 4);
}
