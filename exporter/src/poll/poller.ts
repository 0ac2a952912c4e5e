import type { AccountState } from '../account/account-state.ts';
import { firstPollAt, nextPollAt } from '../account/poll-policy.ts';
import type { Account } from '../config/config.ts';
import type { Events } from '../events.ts';
import type { History } from '../history/history.ts';
import { askPlan, isPlanDue } from './plan-turn.ts';
import type { PollPorts, PollSettings } from './poll.ts';
import { type PollTurn, pollWithinLimits } from './poll-turn.ts';

const SLEEP_STEP_MS = 60_000;

export interface PollerPorts extends Omit<PollPorts, 'claimRequest'> {
  readonly history: History;
  readonly events: Pick<Events, 'pollFinished' | 'planAsked'>;
  readonly random: () => number;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly replaceState: (state: AccountState) => void;
}

/**
 * Polls one account, one poll at a time, until `signal` aborts. A failure affects this account only: it is reported and
 * retried later.
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
        ...(state.pausedUntil === undefined ? {} : { pausedUntil: state.pausedUntil }),
      },
      account.limits,
      random(),
    );
  }
}

/** Adopts the result of another process that has polled meanwhile; else requests the plan if it is due; else polls. */
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
  return learned ? { learned } : pollWithinLimits(account, before, settings, ports, signal);
}

function learnedElsewhere(before: AccountState, { history, now }: PollerPorts): AccountState | undefined {
  try {
    const stored = history.loadState(before.account, now());
    if ((stored.lastPoll?.at ?? 0) <= (before.lastPoll?.at ?? 0)) return undefined;
    const { blockedUntil: _block, pausedUntil: _pause, ...rest } = before;
    return { ...rest, ...stored };
  } catch {
    // The poll itself reports failing storage.
    return undefined;
  }
}

/**
 * Sleeps in steps, because the machine may be suspended meanwhile, and never longer than planned, even if the clock is
 * set back. A clock that is set forward looks like a suspension, so the floor is slept in full whatever the clock says.
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
