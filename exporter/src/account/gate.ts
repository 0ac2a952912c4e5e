import type { WindowUsage } from '../usage/usage-body.ts';
import { isWeekly, type WindowName } from '../usage/windows.ts';

/** From which utilization on new work of an account is refused, in percent. Null is off, and the default. */
export interface GateCaps {
  /** For the window of five hours. */
  readonly sessionPct: number | null;
  /** For every weekly window, those of single models included. */
  readonly weekPct: number | null;
}

export const NO_CAPS: GateCaps = { sessionPct: null, weekPct: null };

/** Why new work is refused; the values of the `reason` label. */
export const REFUSAL_REASONS = ['session_threshold', 'week_threshold'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** The window that closes the gate. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly window: WindowName;
  readonly utilizationPct: number;
  readonly thresholdPct: number;
  /** Absent where the API names no reset. */
  readonly resetsAt?: number;
}

/**
 * Why new work is to be refused, or `undefined` when the gate is open. The session is named before the week, because it
 * resets sooner. A utilization is a lower bound until its window resets; after that nothing is known, which is open.
 */
export function decideGate(caps: GateCaps, windows: readonly WindowUsage[], now: number): Refusal | undefined {
  const counted = windows.filter(({ resetsAt }) => resetsAt === undefined || resetsAt > now);
  const session = counted.filter(({ window }) => !isWeekly(window));
  const week = counted.filter(({ window }) => isWeekly(window));
  return refusalBy('session_threshold', caps.sessionPct, session) ?? refusalBy('week_threshold', caps.weekPct, week);
}

function refusalBy(reason: RefusalReason, cap: number | null, windows: readonly WindowUsage[]): Refusal | undefined {
  if (cap === null) return undefined;
  const [fullest] = windows
    .filter(({ percent }) => percent >= cap)
    .sort((a, b) => b.percent - a.percent || (b.resetsAt ?? 0) - (a.resetsAt ?? 0));
  if (!fullest) return undefined;
  const { window, percent, resetsAt } = fullest;
  return {
    reason,
    window,
    utilizationPct: percent,
    thresholdPct: cap,
    ...(resetsAt === undefined ? {} : { resetsAt }),
  };
}
