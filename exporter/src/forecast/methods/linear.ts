import { HOUR_MS, type Method, type UsagePoint } from '../method.ts';
import { isNewWindow } from '../new-window.ts';
import { extrapolate } from './extrapolate.ts';

export const DEFAULT_LINEAR_HOURS = 6;

// Keeps the memory bounded however often the window is seen.
const MAX_POINTS = 256;
const MIN_SPAN_MS = HOUR_MS / 2;

/** Points of the current window within the range, oldest first. */
export type LinearMemory = readonly UsagePoint[];

/** Least squares over the last hours of the current window. */
export function linear(hours: number = DEFAULT_LINEAR_HOURS): Method<LinearMemory> {
  return {
    name: 'linear_6h',
    start: [],
    observe(memory, point) {
      const last = memory.at(-1);
      if (last && point.at <= last.at) return memory;
      const current = last && isNewWindow(last, point) ? [] : memory;
      return [...current.filter(({ at }) => at >= point.at - hours * HOUR_MS), point].slice(-MAX_POINTS);
    },
    forecast(memory) {
      const [first, last] = [memory[0], memory.at(-1)];
      if (!first || !last || last.at - first.at < MIN_SPAN_MS) return { unknown: 'too_early' };
      if (last.at >= last.resetsAt) return { unknown: 'reset_passed' };
      return extrapolate(last, slopeOf(memory, first.at));
    },
  };
}

function slopeOf(points: LinearMemory, origin: number): number {
  let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
  for (const { at, percent } of points) {
    const x = at - origin;
    sx += x;
    sy += percent;
    sxx += x * x;
    sxy += x * percent;
  }
  const n = points.length;
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}
