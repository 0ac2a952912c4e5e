import type { Plan } from '../usage/profile-body.ts';
import type { Snapshot } from '../usage/snapshot.ts';
import type { PollOutcome } from './poll-outcome.ts';
import type { WindowStart } from './window-starts.ts';

/** Everything that polls found out about one account. Replaced as a whole by the poller, and read by everything else. */
export interface AccountState {
  readonly account: string;
  readonly lastPoll?: LastPoll;
  /** Result of the last good poll, however old. */
  readonly snapshot?: Snapshot;
  /** Starts of the windows that polls have seen. */
  readonly windowStarts?: readonly WindowStart[];
  /** End of the block that a 429 set. */
  readonly blockedUntil?: number;
  /** End of the pause after a 403. */
  readonly pausedUntil?: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Times of the requests within the trailing hour. */
  readonly requests: readonly number[];
  readonly accessTokenExpiresAt?: number;
  readonly loginExpiresAt?: number;
  /** API clock minus local clock. */
  readonly clockSkewMs?: number;
  readonly plan?: KnownPlan;
  /** Hash of the organization that the API last answered for. */
  readonly organization?: string;
  /** When another login was first seen in the place of the previous one. Older data belongs to the previous login. */
  readonly loginSince?: number;
  /** When an answer last listed every window of the account. A window that was only seen earlier no longer exists. */
  readonly completeAt?: number;
}

/** The account's plan as far as it is known, and when it was last requested, successfully or not. */
export interface KnownPlan extends Plan {
  readonly askedAt: number;
}

export interface LastPoll {
  readonly at: number;
  readonly outcome: PollOutcome;
  /** One sentence for people; absent after a success. */
  readonly detail?: string;
}
