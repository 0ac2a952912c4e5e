import { type AccountView, viewAccount } from '../../account/account-view.ts';

import { firstPollAt } from '../../account/poll-policy.ts';
import type { Account, Config } from '../../config/config.ts';
import type { History } from '../../history/history.ts';
import { loadContext } from '../../history/known-account.ts';
import type { PollSettings } from '../../poll/poll.ts';
import { pollWithinLimits, type TurnPorts } from '../../poll/poll-turn.ts';

/** Exit codes for scripts: fresh usage of at least one account, stale usage only, none. */
const ONCE_EXIT = { fresh: 0, none: 1, stale: 4 } as const;

/** An account after its poll, or without one if the limits do not allow it. */
export interface OnceReport {
  readonly view: AccountView;
  /** Time of the next possible poll; absent if the account was polled. */
  readonly notBefore?: number;
}

export interface OncePorts extends Omit<TurnPorts, 'history'> {
  readonly history: History;
}

/** Polls each account once, under the same limits as the exporter, which may be running on the same storage. */
export function pollEachOnce(
  { accounts, staleAfterMs, tier }: Config,
  settings: PollSettings,
  ports: OncePorts,
): Promise<OnceReport[]> {
  return Promise.all(
    accounts.map(async (account) => {
      const { state, notBefore } = await pollOnce(account, settings, ports);
      const rules = { ...account, staleAfterMs, tierThresholds: tier.thresholds };
      const context = loadContext(ports.history, state, ports.now(), staleAfterMs);
      const view = viewAccount({ state, ...context }, rules, ports.now());
      return { view, ...(notBefore === undefined ? {} : { notBefore }) };
    }),
  );
}

export function onceExitCode(reports: readonly OnceReport[]): number {
  const sources = reports.flatMap(({ view }) => view.current?.source ?? []);
  if (sources.length === 0) return ONCE_EXIT.none;
  return sources.some((source) => source !== 'official_api_stale') ? ONCE_EXIT.fresh : ONCE_EXIT.stale;
}

async function pollOnce(account: Account, settings: PollSettings, ports: OncePorts) {
  const known = ports.history.loadState(account.name, ports.now());
  const dueAt = firstPollAt(known, account.limits, ports.now());
  if (!account.polled) return { state: known };
  if (dueAt > ports.now()) return { state: known, notBefore: dueAt };
  const turn = await pollWithinLimits(account, known, settings, ports, new AbortController().signal);
  if (turn === undefined || 'waitUntil' in turn) return { state: known, notBefore: turn?.waitUntil };
  return { state: turn.state };
}
