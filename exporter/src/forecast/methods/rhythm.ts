import { type Distribution, HOUR_MS, type Method, WEEK_HOURS } from '../method.ts';
import { quantileTime } from '../quantile-times.ts';
import { type RhythmMemory, START } from '../rhythm/memory.ts';
import { observe } from '../rhythm/observe.ts';
import { type Coefficients, reachOf } from '../rhythm/reach.ts';
import { usualAhead } from '../rhythm/usual-ahead.ts';

const MIN_WATCHED_HOURS = 6;
const BISECTIONS = 10;

/**
 * The default method for weekly windows: the account's own rhythm, level and burstiness, with coefficients that were
 * fitted over many accounts.
 */
export function rhythm(coefficients?: Coefficients): Method<RhythmMemory> {
  return {
    name: 'default',
    start: START,
    observe,
    forecast(memory) {
      const { last, fullSince } = memory;
      if (!last) return { unknown: 'too_early' };
      const { at, percent, resetsAt } = last;
      const left = (resetsAt - at) / HOUR_MS;
      if (left <= 0) return { unknown: 'reset_passed' };
      if (percent >= 100) return exhausted(fullSince ?? at);
      if (left > 2 * WEEK_HOURS) return { unknown: 'no_reset' };
      if (memory.finished.count === 0 && memory.recentSeen < MIN_WATCHED_HOURS) return { unknown: 'too_early' };
      const usual = usualAhead(memory, at, resetsAt);
      const reach = reachOf(memory, at, coefficients);
      const hours = usual.map((_, k) => Math.min(k + 1, left));
      let least = 0;
      const chances = usual.map((expected, k) => {
        least = Math.max(least, reach(expected, hours[k] ?? left, 100 - percent));
        return least;
      });
      const curve = { from: at, times: hours.map((hour) => Math.min(resetsAt, at + hour * HOUR_MS)), chances };
      return {
        probability: least,
        p10: quantileTime(curve, 0.1),
        p50: quantileTime(curve, 0.5),
        p90: quantileTime(curve, 0.9),
        percentAtReset: (quantile) =>
          percentAtReset((need) => reach(usual.at(-1) ?? 0, left, need), percent, 1 - quantile),
      };
    },
  };
}

function exhausted(since: number): Distribution {
  return { probability: 1, p10: since, p50: since, p90: since, percentAtReset: () => 100 };
}

/** Returns the utilization that is exceeded with the chance `above`. The chance falls as the need grows. */
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
