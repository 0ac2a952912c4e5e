import type { AccountState } from '../account/account-state.ts';
import { firstPollAt, nextPollAt } from '../account/poll-policy.ts';
import type { Account } from '../config/config.ts';
import type { Events } from '../events.ts';
import type { History } from '../history/history.ts';
import { askPlan, isPlanDue } from './plan-turn.ts';
import type { PollPorts, PollSettings } from './poll.ts';
import { type PollTurn, pollWithinBudget } from './poll-turn.ts';

const SLEEP_STEP_MS = 60_000;

export interface PollerPorts extends Omit<PollPorts, 'recordRequest'> {
  readonly history: History;
  readonly events: Pick<Events, 'pollFinished' | 'planAsked'>;
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
  while (await sleepUntil(dueAt, account.limits.floorMs, ports, signal)) {
    const turn = await takeTurn(account, state, settings, ports, signal);
    if (turn === undefined) return;
    if ('waitUntil' in turn) {
      dueAt = turn.waitUntil;
      continue;
    }
    if ('learned' in turn) {
      state = turn.learned;
      ports.replaceState(state);
      dueAt = firstPollAt(state, account.limits, now());
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

/** Takes over what another process has learned by a poll of its own meanwhile; or asks for the plan; or else polls. */
async function takeTurn(
  account: Account,
  before: AccountState,
  settings: PollSettings,
  ports: PollerPorts,
  signal: AbortSignal,
): Promise<PollTurn | { readonly learned: AccountState } | undefined> {
  const learned =
    learnedElsewhere(before, ports) ??
    (isPlanDue(before, ports.now()) ? await askPlan(account, before, settings, ports, signal) : undefined);
  return learned ? { learned } : pollWithinBudget(account, before, settings, ports, signal);
}

function learnedElsewhere(before: AccountState, { history, now }: PollerPorts): AccountState | undefined {
  try {
    const stored = history.loadState(before.account, now());
    if ((stored.lastPoll?.at ?? 0) <= (before.lastPoll?.at ?? 0)) return undefined;
    const { blockedUntil: _, ...rest } = before;
    return { ...rest, ...stored };
  } catch {
    // Storage that fails is the poll's to tell.
    return undefined;
  }
}

/**
 * In steps, because the machine may be asleep meanwhile; and never longer than planned, if its clock is set back. Set
 * forward, it can't be told from a machine that was asleep, so the floor is slept in full whatever the clock says.
 */
async function sleepUntil(
  time: number,
  floorMs: number,
  { now, sleep }: PollerPorts,
  signal: AbortSignal,
): Promise<boolean> {
  let left = time - now();
  let floorLeft = Math.min(left, floorMs);
  while (left > 0 && !signal.aborted) {
    const step = Math.min(left, SLEEP_STEP_MS);
    await sleep(step, signal).catch(() => undefined);
    floorLeft -= step;
    left = Math.max(floorLeft, Math.min(left - step, time - now()));
  }
  return !signal.aborted;
}
