import type { SchemaError } from '../usage/usage-body.ts';
import type { AccountState } from './account-state.ts';
import type { PollOutcome } from './poll-outcome.ts';

/** The outcome of a poll, and the account's state after it. */
export interface PollResult {
  readonly state: AccountState;
  readonly outcome: PollOutcome;
  readonly requested: boolean;
  readonly durationMs: number;
  readonly schemaErrors: readonly SchemaError[];
}
