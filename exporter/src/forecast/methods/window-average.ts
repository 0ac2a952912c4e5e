import type { Method, UsagePoint } from '../method.ts';
import { extrapolate } from './extrapolate.ts';

/** Extrapolates the average since the start of the window. */
export function windowAverage(durationMs: number): Method<UsagePoint | null> {
  return {
    name: 'window_average',
    start: null,
    observe: (last, point) => (last && point.at <= last.at ? last : point),
    forecast(last) {
      if (!last) return { unknown: 'too_early' };
      if (last.at >= last.resetsAt) return { unknown: 'reset_passed' };
      const elapsed = last.at - (last.resetsAt - durationMs);
      if (elapsed <= 0) return { unknown: 'too_early' };
      return extrapolate(last, last.percent / elapsed);
    },
  };
}
