import { describeError } from '@repo/common/logger';
import type { AccountState } from './account-state.ts';
import type { Account } from './config.ts';
import type { Events } from './events.ts';
import type { History } from './history.ts';
import { failed, type PollPorts, type PollResult, type PollSettings, pollAccount } from './poll.ts';
import { budgetWindowStart, firstPollAt, nextPollAt, pollBudget } from './poll-policy.ts';

const SLEEP_STEP_MS = 60_000;

export interface PollerPorts extends Omit<PollPorts, 'recordRequest'> {
  readonly history: History;
  readonly events: Events;
  readonly random: () => number;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly replaceState: (state: AccountState) => void;
}

/**
 * Polls one account for ever, one poll at a time, until `signal` aborts. Whatever goes wrong is this account's alone:
 * it is reported and tried again later.
 */
export async function runPoller(
  account: Account,
  initial: AccountState,
  settings: PollSettings,
  ports: PollerPorts,
  signal: AbortSignal,
): Promise<void> {
  const { now, random } = ports;
  let state = initial;
  let dueAt = firstPollAt(initial, account.limits, now());
  while (await sleepUntil(dueAt, ports, signal)) {
    const turn = await takeTurn(account, state, settings, ports, signal);
    if (turn === undefined) return;
    if ('waitUntil' in turn) {
      dueAt = turn.waitUntil;
      continue;
    }
    state = turn.state;
    ports.replaceState(state);
    ports.events.pollFinished(account.name, turn);
    dueAt = nextPollAt(
      {
        at: state.lastPoll?.at ?? now(),
        outcome: turn.outcome,
        requested: turn.requested,
        failures: state.failures,
        resets: (state.snapshot?.windows ?? []).flatMap(({ resetsAt }) => resetsAt ?? []),
        ...(state.blockedUntil === undefined ? {} : { blockedUntil: state.blockedUntil }),
      },
      account.limits,
      random(),
    );
  }
}

/** Polls if the budget allows it, or says when it next will; `undefined` when the program stops meanwhile. */
async function takeTurn(
  account: Account,
  before: AccountState,
  settings: PollSettings,
  { history, ...ports }: PollerPorts,
  signal: AbortSignal,
): Promise<PollResult | { waitUntil: number } | undefined> {
  let state = before;
  try {
    const now = ports.now();
    const requests = history.requestsSince(account.name, budgetWindowStart(now));
    const budget = pollBudget(requests, account.limits, now);
    if (budget.remaining === 0) return { waitUntil: budget.growsAt };
    const pollPorts = { ...ports, recordRequest: history.recordRequest };
    const result = await pollAccount(account, { ...before, requests }, settings, pollPorts, signal);
    state = result.state;
    history.saveState(state);
    return result;
  } catch (error) {
    return signal.aborted ? undefined : internalError(state, error, ports.now());
  }
}

async function sleepUntil(time: number, { now, sleep }: PollerPorts, signal: AbortSignal): Promise<boolean> {
  // In steps, because the machine may be asleep meanwhile; and never longer than planned, if its clock is set back.
  for (let left = time - now(); left > 0 && !signal.aborted; ) {
    const step = Math.min(left, SLEEP_STEP_MS);
    await sleep(step, signal).catch(() => undefined);
    left = Math.min(left - step, time - now());
  }
  return !signal.aborted;
}

function internalError(state: AccountState, error: unknown, at: number): PollResult {
  const outcome = 'internal_error';
  const next = failed(state, at, outcome, describeError(error));
  return { state: next, outcome, requested: true, durationMs: 0, schemaErrors: [] };
}
