import { HOUR_MS } from '../method.ts';
import { SESSION_HOURS, type SessionMemory } from './memory.ts';

export const TERMS = ['average', 'recent', 'need', 'horizon', 'idle', 'usual', 'newness'] as const;

// Before any history a window reaches so many percent, worth so many windows.
const PRIOR_PERCENT = 40;
const PRIOR_WINDOWS = 4;
const MAX_IDLE_HOURS = 5;

/** The part of the terms that is the same at every horizon. */
export interface Situation {
  readonly average: number;
  readonly recent: number;
  readonly idle: number;
  readonly usual: number;
  readonly newness: number;
}

export function situationOf(
  { activeAt, recent, finished }: SessionMemory,
  at: number,
  percent: number,
  resetsAt: number,
): Situation {
  const elapsed = Math.max(0, SESSION_HOURS - (resetsAt - at) / HOUR_MS);
  const idleHours = activeAt === null ? MAX_IDLE_HOURS : Math.min(MAX_IDLE_HOURS, (at - activeAt) / HOUR_MS);
  const usualPercent = (finished.percent + PRIOR_WINDOWS * PRIOR_PERCENT) / (finished.weight + PRIOR_WINDOWS);
  return {
    average: percent / (elapsed + 0.5),
    recent,
    idle: Math.log(1 + 12 * idleHours),
    usual: usualPercent / 100 - 0.4,
    newness: 1 / (1 + finished.count),
  };
}

/** Returns the terms for the question whether the use of the next `hours` reaches `need` percent. */
export function termsOf(s: Situation, hours: number, need: number): readonly number[] {
  return [
    Math.log((s.average * hours + 0.5) / need),
    Math.log((s.recent * (1 - Math.exp(-hours)) + 0.5) / need),
    need / 100,
    Math.log(hours + 0.1),
    s.idle,
    s.usual,
    s.newness,
  ];
}
