import { describeError } from '@repo/common/logger';
import type { AccountState } from '../account/account-state.ts';
import type { PollResult } from '../account/poll-result.ts';
import type { Account } from '../config/config.ts';
import type { History } from '../history/history.ts';
import { failed } from './conclude-poll.ts';
import { type PollPorts, type PollSettings, pollAccount } from './poll.ts';

export interface TurnPorts extends Omit<PollPorts, 'claimRequest'> {
  readonly history: Pick<History, 'claimRequest' | 'recentRequests' | 'saveState'>;
}

/** The result of a turn: a poll, or none before `waitUntil` because the limits on requests are reached. */
export type PollTurn = PollResult | { readonly waitUntil: number };

class NotAllowed extends Error {
  readonly notBefore: number;

  constructor(notBefore: number) {
    super('the limits on requests are reached');
    this.notBefore = notBefore;
  }
}

/** Polls if the limits allow it, or returns when they will; `undefined` if the program stops meanwhile. */
export async function pollWithinLimits(
  account: Account,
  before: AccountState,
  settings: PollSettings,
  { history, ...ports }: TurnPorts,
  signal: AbortSignal,
): Promise<PollTurn | undefined> {
  let state = before;
  const claimRequest = (name: string, at: number) => {
    const claim = history.claimRequest(name, at, account.limits);
    if (!claim.granted) throw new NotAllowed(claim.notBefore);
  };
  try {
    const known = { ...before, requests: history.recentRequests(account.name, ports.now()) };
    const result = await pollAccount(account, known, settings, { ...ports, claimRequest }, signal);
    state = result.state;
    history.saveState(state);
    return result;
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof NotAllowed) return { waitUntil: error.notBefore };
    return internalError(state, error, ports.now());
  }
}

function internalError(state: AccountState, error: unknown, at: number): PollResult {
  const outcome = 'internal_error';
  const next = failed(state, at, outcome, describeError(error));
  return { state: next, outcome, requested: true, durationMs: 0, schemaErrors: [] };
}
