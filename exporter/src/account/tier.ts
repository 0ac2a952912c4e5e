import type { WindowUsage } from '../usage/usage-body.ts';
import { WEEKLY_WINDOW } from '../usage/windows.ts';

/** Tiers of weekly usage from low to high; the values of the `tier` label. */
export const TIERS = ['green', 'yellow', 'orange', 'red'] as const;
export type Tier = (typeof TIERS)[number];

/** Weekly utilization at which each tier starts, in percent. */
export interface TierThresholds {
  readonly yellow: number;
  readonly orange: number;
  readonly red: number;
}

/** The tier of one account, from the seven-day window alone. */
export interface TierView {
  /** Absent while the current week is unknown. */
  readonly tier?: Tier;
  readonly weeklyPercent?: number;
  readonly resetsAt?: number;
  /** True if there is no current data. The percentage is then the last known one of this week, a lower bound. */
  readonly stale: boolean;
}

export function tierAt(percent: number, { yellow, orange, red }: TierThresholds): Tier {
  if (percent >= red) return 'red';
  if (percent >= orange) return 'orange';
  return percent >= yellow ? 'yellow' : 'green';
}

/** `current` are the windows shown as current, `known` those that have not reset since they were last seen. */
export function viewTier(
  current: readonly WindowUsage[] | undefined,
  known: readonly WindowUsage[],
  thresholds: TierThresholds,
): TierView {
  const ofWeek = (windows: readonly WindowUsage[]) => windows.find(({ window }) => window === WEEKLY_WINDOW);
  const present = ofWeek(current ?? []);
  const usage = present ?? ofWeek(known);
  if (!usage) return { stale: true };
  const { percent, resetsAt } = usage;
  return {
    tier: tierAt(percent, thresholds),
    weeklyPercent: percent,
    ...(resetsAt === undefined ? {} : { resetsAt }),
    stale: present === undefined,
  };
}
