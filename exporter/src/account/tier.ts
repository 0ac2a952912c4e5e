import type { WindowUsage } from '../usage/usage-body.ts';
import { WEEKLY_WINDOW } from '../usage/windows.ts';

/** How sparingly the week's budget is to be used; the values of the `tier` label, from the most relaxed on. */
export const TIERS = ['green', 'yellow', 'orange', 'red'] as const;
export type Tier = (typeof TIERS)[number];

/** From which utilization of the week each tier begins, in percent. */
export interface TierThresholds {
  readonly yellow: number;
  readonly orange: number;
  readonly red: number;
}

/** The tier of one account, from the window of seven days alone. */
export interface TierView {
  /** Absent while nothing is known of the present week. */
  readonly tier?: Tier;
  readonly weeklyPercent?: number;
  readonly resetsAt?: number;
  /** There is no data for the present; what is told is the last known of this week, and so the least it can be. */
  readonly stale: boolean;
}

export function tierAt(percent: number, { yellow, orange, red }: TierThresholds): Tier {
  if (percent >= red) return 'red';
  if (percent >= orange) return 'orange';
  return percent >= yellow ? 'yellow' : 'green';
}

/** `current` are the windows shown as the present, `known` those that have not reset since they were last seen. */
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
