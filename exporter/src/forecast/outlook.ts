import type { Distribution, UsagePoint } from './method.ts';
import { quantileTime } from './quantile-times.ts';

/** Probability that the use from now to the k-th of the moments ahead reaches `need` percent; falls as the need grows. */
export type ReachBy = (k: number, need: number) => number;

const BISECTIONS = 10;

/** Builds the distribution from the moments ahead; the last one is the reset. */
export function outlookOf({ at, percent }: UsagePoint, times: readonly number[], reach: ReachBy): Distribution {
  let least = 0;
  const chances = times.map((_, k) => {
    least = Math.max(least, reach(k, 100 - percent));
    return least;
  });
  const curve = { from: at, times, chances };
  return {
    probability: least,
    p10: quantileTime(curve, 0.1),
    p50: quantileTime(curve, 0.5),
    p90: quantileTime(curve, 0.9),
    timeIfExhausted: (quantile) => quantileTime(curve, quantile * least),
    percentAtReset: (quantile) => percentAtReset((need) => reach(times.length - 1, need), percent, 1 - quantile),
  };
}

export function alreadyExhausted(since: number): Distribution {
  return {
    probability: 1,
    p10: since,
    p50: since,
    p90: since,
    timeIfExhausted: () => since,
    percentAtReset: () => 100,
  };
}

/** Returns the utilization that is exceeded with the chance `above`, found by halving. */
function percentAtReset(reach: (need: number) => number, percent: number, above: number): number {
  let [low, high] = [0, 100 - percent];
  if (reach(high) >= above) return 100;
  for (let k = 0; k < BISECTIONS; k++) {
    const middle = (low + high) / 2;
    if (reach(middle) >= above) low = middle;
    else high = middle;
  }
  return percent + low;
}
