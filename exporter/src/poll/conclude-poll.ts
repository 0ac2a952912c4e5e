import type { AccountState } from '../account/account-state.ts';
import type { PollOutcome } from '../account/poll-outcome.ts';
import type { PollResult } from '../account/poll-result.ts';
import { updateWindowStarts } from '../account/window-starts.ts';
import type { PolledSource } from '../usage/snapshot.ts';
import { describeErrors, parseUsageBody } from '../usage/usage-body.ts';

/** An answered request: the account's state with everything but the usage, and the times of the request. */
export interface AnsweredPoll {
  readonly state: AccountState;
  readonly startedAt: number;
  readonly at: number;
  readonly source: PolledSource;
}

/** Parses the body of the answer into the account's next state. */
export function concludePoll({ state, startedAt, at, source }: AnsweredPoll, body: unknown): PollResult {
  const finished = { requested: true, durationMs: at - startedAt };
  const report = parseUsageBody(body, at);
  if (!report || (report.windows.length === 0 && report.schemaErrors.length > 0)) {
    const schemaErrors = report?.schemaErrors ?? [];
    const detail = describeErrors(schemaErrors) || 'the body has no section of a usage answer';
    return { ...finished, state: failed(state, at, 'wrong_shape', detail), outcome: 'wrong_shape', schemaErrors };
  }
  const { schemaErrors, isComplete, ...usage } = report;
  const next = {
    ...state,
    lastPoll: { at, outcome: 'success' },
    snapshot: { fetchedAt: at, ...(source === 'official_api' ? {} : { source }), ...usage },
    windowStarts: updateWindowStarts(state.windowStarts ?? [], usage.windows, at),
    failures: 0,
    ...(isComplete ? { completeAt: at } : {}),
  } as const;
  return { ...finished, state: next, outcome: 'success', schemaErrors };
}

export function failed(state: AccountState, at: number, outcome: PollOutcome, detail: string): AccountState {
  return { ...state, lastPoll: { at, outcome, detail }, failures: state.failures + 1 };
}

/** Removes what a new poll replaces: a poll means that blocks are over, and the expiries are read anew. */
export function withoutExpired(state: AccountState): AccountState {
  const {
    blockedUntil: _block,
    pausedUntil: _pause,
    accessTokenExpiresAt: _token,
    loginExpiresAt: _login,
    ...rest
  } = state;
  return rest;
}
