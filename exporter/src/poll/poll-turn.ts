import { describeError } from '@repo/common/logger';
import type { AccountState } from '../account/account-state.ts';
import { budgetWindowStart, pollBudget } from '../account/poll-policy.ts';
import type { PollResult } from '../account/poll-result.ts';
import type { Account } from '../config/config.ts';
import type { History } from '../history/history.ts';
import { failed, type PollPorts, type PollSettings, pollAccount } from './poll.ts';

export interface TurnPorts extends Omit<PollPorts, 'recordRequest'> {
  readonly history: Pick<History, 'requestsSince' | 'recordRequest' | 'saveState'>;
}

/** What came of a turn: a poll, or nothing because the budget of the hour is spent. */
export type PollTurn = PollResult | { readonly waitUntil: number };

class BudgetSpent extends Error {}

/** Polls if the budget allows it, or says when it next will; `undefined` when the program stops meanwhile. */
export async function pollWithinBudget(
  account: Account,
  before: AccountState,
  settings: PollSettings,
  { history, ...ports }: TurnPorts,
  signal: AbortSignal,
): Promise<PollTurn | undefined> {
  let state = before;
  const budget = (now: number) => {
    const requests = history.requestsSince(account.name, budgetWindowStart(now));
    return { requests, ...pollBudget(requests, account.limits, now) };
  };
  try {
    const { requests, remaining, growsAt } = budget(ports.now());
    if (remaining === 0) return { waitUntil: growsAt };
    const recordRequest = (name: string, at: number) => {
      // Another process may have been quicker.
      if (!history.recordRequest(name, at, account.limits)) throw new BudgetSpent();
    };
    const result = await pollAccount(account, { ...before, requests }, settings, { ...ports, recordRequest }, signal);
    state = result.state;
    history.saveState(state);
    return result;
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof BudgetSpent) return { waitUntil: budget(ports.now()).growsAt };
    return internalError(state, error, ports.now());
  }
}

function internalError(state: AccountState, error: unknown, at: number): PollResult {
  const outcome = 'internal_error';
  const next = failed(state, at, outcome, describeError(error));
  return { state: next, outcome, requested: true, durationMs: 0, schemaErrors: [] };
}
