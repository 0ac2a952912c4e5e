import { chanceOf, logitOf } from '../logit.ts';
import { HOUR_MS, type Method } from '../method.ts';
import { alreadyExhausted, outlookOf } from '../outlook.ts';
import { COEFFICIENTS } from '../session/coefficients.ts';
import { observe, type SessionMemory, START } from '../session/memory.ts';
import { situationOf, termsOf } from '../session/terms.ts';

const STEP_HOURS = 1 / 12;
// A first poll that finds some use says nothing about its speed.
const MIN_ELAPSED_MS = HOUR_MS / 4;
// On traces that the fit had not seen, 0.75 came true in 0.62 of the cases.
const CAUTION = 0.6;
const MAX_LEFT_HOURS = 6;

/** The default method for five-hour windows: the present session's pace, and how far earlier windows got. */
export function session(coefficients: readonly number[] = COEFFICIENTS): Method<SessionMemory> {
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
      if (left > MAX_LEFT_HOURS) return { unknown: 'no_reset' };
      if (5 * HOUR_MS - (resetsAt - at) < MIN_ELAPSED_MS) return { unknown: 'too_early' };
      const situation = situationOf(memory, at, percent, resetsAt);
      const steps = Math.ceil(left / STEP_HOURS - 1e-6);
      const hours = Array.from({ length: steps }, (_, k) => Math.min(left, (k + 1) * STEP_HOURS));
      const times = hours.map((hour) => Math.min(resetsAt, at + hour * HOUR_MS));
      const reach = (k: number, need: number): number =>
        chanceOf(logitOf(coefficients, termsOf(situation, hours[k] ?? left, need)), CAUTION);
      return outlookOf(last, times, reach);
    },
  };
}
