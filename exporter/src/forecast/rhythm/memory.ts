import { HOUR_MS, type UsagePoint, WEEK_HOURS } from '../method.ts';
import { learnProfile } from './profile.ts';

/** Everything the default method remembers of one window name. Bounded; hours are of the week, from Monday 00:00 UTC. */
export interface RhythmMemory {
  readonly last: UsagePoint | null;
  /** When the current window was first seen full. */
  readonly fullSince: number | null;
  /** When use was last seen. */
  readonly activeAt: number | null;
  /** Use of about the last hour in percent, fading. */
  readonly session: number;
  /** Percent used and hours watched per hour of the week, fading with a half-life of ten weeks. */
  readonly use: readonly number[];
  readonly seen: readonly number[];
  /** Their sums, fading with a half-life of three weeks. */
  readonly recentUse: number;
  readonly recentSeen: number;
  /** Percent per watched hour in the long run, and the factor of each hour of the week. */
  readonly level: number;
  readonly profile: readonly number[];
  /** The hour since the epoch that the memory has reached. */
  readonly hour: number | null;
  readonly today: DaySoFar;
  /** Squares of the differences between the use of a day and the usual use, and the usual use, fading. */
  readonly squares: number;
  readonly squaresUsual: number;
  /** Use of this window so far, and what is usual for its hours. */
  readonly window: { readonly use: number; readonly usual: number };
  readonly finished: FinishedWindows;
}

export interface DaySoFar {
  readonly use: number;
  readonly usual: number;
  readonly seen: number;
  /** The day on which watching began is not complete. */
  readonly partial: boolean;
}

export interface FinishedWindows {
  readonly count: number;
  /** Fading counts of finished windows, and of those that ran out. */
  readonly weight: number;
  readonly full: number;
  readonly lastPercent: number;
}

const NOTHING = Array.from({ length: WEEK_HOURS }, () => 0);

export const START: RhythmMemory = {
  last: null,
  fullSince: null,
  activeAt: null,
  session: 0,
  use: NOTHING,
  seen: NOTHING,
  recentUse: 0,
  recentSeen: 0,
  ...learnProfile(NOTHING, NOTHING),
  hour: null,
  today: { use: 0, usual: 0, seen: 0, partial: true },
  squares: 0,
  squaresUsual: 0,
  window: { use: 0, usual: 0 },
  finished: { count: 0, weight: 0, full: 0, lastPercent: 0 },
};

/** The epoch began on a Thursday. */
const EPOCH_HOUR_OF_WEEK = 72;

export function hourOfWeek(hour: number): number {
  return (Math.floor(hour) + EPOCH_HOUR_OF_WEEK) % WEEK_HOURS;
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}
