import type { Distribution, UsagePoint } from '../method.ts';

/** Returns the forecast of a straight line through `point`; `slope` is percent per millisecond. It knows no range. */
export function extrapolate({ at, percent, resetsAt }: UsagePoint, slope: number): Distribution {
  const line = slope > 0 ? at + Math.max(0, 100 - percent) / slope : Number.POSITIVE_INFINITY;
  const time = percent >= 100 ? at : line < resetsAt ? line : Number.POSITIVE_INFINITY;
  const end = Math.min(100, percent + Math.max(0, slope) * (resetsAt - at));
  return {
    probability: time === Number.POSITIVE_INFINITY ? 0 : 1,
    p10: time,
    p50: time,
    p90: time,
    timeIfExhausted: () => time,
    percentAtReset: () => end,
  };
}
