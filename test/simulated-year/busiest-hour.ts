import { HOUR } from './truth.ts';

/** The most of these times, in order, that lie within any hour; and the least between two of them. */
export function busiestHour(times: readonly number[]): { readonly requests: number; readonly leastGapMs: number } {
  let [requests, leastGapMs] = [0, Number.POSITIVE_INFINITY];
  for (let [first, last] = [0, 0]; last < times.length; last += 1) {
    const time = times[last] ?? 0;
    while (time - (times[first] ?? 0) >= HOUR) first += 1;
    requests = Math.max(requests, last - first + 1);
    if (last > 0) leastGapMs = Math.min(leastGapMs, time - (times[last - 1] ?? 0));
  }
  return { requests, leastGapMs };
}
