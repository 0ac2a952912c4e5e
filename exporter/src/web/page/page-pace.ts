import type { WindowUsage } from '../../usage/usage-body.ts';
import { windowDurationSeconds } from '../../usage/windows.ts';

/** Even pace uses 100 % exactly at the reset. Closer than this, in percentage points, nobody would call it ahead. */
const ON_PACE_POINTS = 1;

/** Share of the window's time that has passed, in percent; `undefined` for a window that has not started or is over. */
export function elapsedPercent({ window, resetsAt }: WindowUsage, now: number): number | undefined {
  if (resetsAt === undefined || resetsAt <= now) return undefined;
  const durationMs = windowDurationSeconds(window) * 1000;
  return Math.min(100, Math.max(0, 100 - ((resetsAt - now) / durationMs) * 100));
}

/** Distance between utilization and even pace, in words. */
export function describePace(usage: WindowUsage, now: number): string {
  const elapsed = elapsedPercent(usage, now);
  if (elapsed === undefined) return '';
  if (usage.percent >= 100) return 'used up';
  const points = Math.round(usage.percent - elapsed);
  if (Math.abs(points) < ON_PACE_POINTS) return 'on even pace';
  const count = Math.abs(points);
  return `${count} ${count === 1 ? 'point' : 'points'} ${points > 0 ? 'over' : 'under'} even pace`;
}
