import type { WindowUsage } from '../usage/usage-body.ts';
import { isWeekly, type WindowName } from '../usage/windows.ts';

/** Utilization caps in percent above which new work of an account is refused. Null (default) is off. */
export interface GateCaps {
  /** Cap of the five-hour window. */
  readonly sessionPct: number | null;
  /** Cap of every weekly window, including those of single models. */
  readonly weekPct: number | null;
}

export const NO_CAPS: GateCaps = { sessionPct: null, weekPct: null };

/** Reasons of a refusal; the values of the `reason` label. */
export const REFUSAL_REASONS = ['session_threshold', 'week_threshold'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** The window that closes the gate. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly window: WindowName;
  readonly utilizationPct: number;
  readonly thresholdPct: number;
  /** Absent if the API reports no reset. */
  readonly resetsAt?: number;
}

/**
 * Returns the refusal, or `undefined` if the gate is open. The session is checked before the week, because it resets
 * sooner. A utilization is a lower bound until its window resets; after that it is unknown, and the gate is open.
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
