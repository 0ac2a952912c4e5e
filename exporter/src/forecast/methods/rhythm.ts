import { HOUR_MS, type Method, WEEK_HOURS } from '../method.ts';
import { alreadyExhausted, outlookOf } from '../outlook.ts';
import { type RhythmMemory, START } from '../rhythm/memory.ts';
import { observe } from '../rhythm/observe.ts';
import { type Coefficients, reachOf } from '../rhythm/reach.ts';
import { usualAhead } from '../rhythm/usual-ahead.ts';

const MIN_WATCHED_HOURS = 6;

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
      if (percent >= 100) return alreadyExhausted(fullSince ?? at);
      if (left > 2 * WEEK_HOURS) return { unknown: 'no_reset' };
      if (memory.finished.count === 0 && memory.recentSeen < MIN_WATCHED_HOURS) return { unknown: 'too_early' };
      const usual = usualAhead(memory, at, resetsAt);
      const reach = reachOf(memory, at, coefficients);
      const hours = usual.map((_, k) => Math.min(k + 1, left));
      const times = hours.map((hour) => Math.min(resetsAt, at + hour * HOUR_MS));
      return outlookOf(last, times, (k, need) => reach(usual[k] ?? 0, hours[k] ?? left, need));
    },
  };
}
