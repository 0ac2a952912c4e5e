import { HOUR_MS, type UsagePoint } from './method.ts';

/**
 * Returns whether `point` belongs to a later window than `before`. A reset that only moved is the same window, and so
 * is a utilization that only fell, for example after the limit was raised.
 */
export function isNewWindow(before: UsagePoint, point: UsagePoint): boolean {
  const movedLater = point.resetsAt > before.resetsAt + HOUR_MS / 4;
  return movedLater && (point.at >= before.resetsAt || point.percent < before.percent - 1);
}
