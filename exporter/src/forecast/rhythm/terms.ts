import { HOUR_MS } from '../method.ts';
import { burstiness } from './burstiness.ts';
import type { RhythmMemory } from './memory.ts';

export const TERMS = ['ratio', 'bursts', 'need', 'recent', 'idle', 'previous', 'newness', 'level', 'margin'] as const;
export type Term = (typeof TERMS)[number];

// Variance of the logarithm of a week's level around the long run.
const LEVEL_VARIANCE = 0.06;
const TYPICAL_BURSTINESS = 18;
// The level at which a whole window is used in a week, as 1 / (percent per hour).
const WINDOW_PER_WEEK = 1.68;
const MAX_IDLE_HOURS = 500;

/** The part of the terms that is the same at every horizon. */
export interface Situation {
  readonly burstiness: number;
  readonly pace: number;
  readonly session: number;
  readonly recent: number;
  readonly idle: number;
  readonly previous: number;
  readonly newness: number;
  readonly level: number;
}

export function situationOf(memory: RhythmMemory, at: number): Situation {
  const { level, window, finished, activeAt } = memory;
  const bursts = burstiness(memory);
  // Of bursty use a day says little about the week, of even use it says a lot.
  const weight = bursts / LEVEL_VARIANCE;
  const idleHours = activeAt === null ? MAX_IDLE_HOURS : Math.min(MAX_IDLE_HOURS, (at - activeAt) / HOUR_MS);
  return {
    burstiness: bursts,
    pace: (window.use + weight) / (window.usual + weight),
    session: memory.session,
    recent: Math.log((memory.recentUse + 30) / (memory.recentSeen * level + 30)),
    idle: Math.log(1 + idleHours),
    previous: finished.count > 0 ? finished.lastPercent / 100 - 0.7 : 0,
    newness: 1 / (1 + finished.count),
    level: Math.log(level * WINDOW_PER_WEEK),
  };
}

/**
 * Returns the terms for the question whether the use of the next `hours` reaches `need` percent, in the order of
 * {@link TERMS}. `usual` is the use that the profile expects in those hours.
 */
export function termsOf(s: Situation, usual: number, hours: number, need: number): readonly number[] {
  // The present hour's use is likely to happen once more.
  const expected = usual * s.pace + s.session * (1 - Math.exp(-hours));
  const variance = Math.log(1 + s.burstiness / (expected + 0.5) + LEVEL_VARIANCE);
  const spread = Math.max(0.5, Math.sqrt(variance));
  const deviation = Math.sqrt(s.burstiness * (expected + 0.5) + LEVEL_VARIANCE * expected * expected);
  return [
    Math.log((expected + 0.3) / need) / variance,
    Math.log(1 + (15 * expected) / s.burstiness),
    (need / 100) * Math.min(2, TYPICAL_BURSTINESS / s.burstiness),
    s.recent / spread,
    s.idle,
    s.previous,
    s.newness,
    s.level / spread,
    Math.max(-4, Math.min(4, (expected - need) / deviation)),
  ];
}
