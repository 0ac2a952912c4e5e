import { type Html, html } from '@repo/common/html';
import { HOUR_MS, type UnknownReason } from '../../forecast/method.ts';
import { defaultForecast, type WindowForecast } from '../../forecast/window-outlook.ts';
import { isWeekly } from '../../usage/windows.ts';
import { formatPercent, renderTime } from './page-text.ts';

const REASONS: Readonly<Record<UnknownReason, string>> = {
  no_reset: 'the window has no reset time yet',
  reset_passed: 'the window has just reset',
  too_early: 'too little history, it needs about six hours',
  stale: 'no recent usage is known',
};

const CHANCES = [
  [1, 20],
  [1, 10],
  [1, 5],
  [1, 4],
  [1, 3],
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 5],
  [9, 10],
  [19, 20],
] as const;

/** Returns the nearest chance that people say: "3 in 4". */
export function chanceWords(probability: number): string {
  if (probability < 0.03) return 'almost none';
  const distance = ([part, whole]: readonly [number, number]): number => Math.abs(part / whole - probability);
  const [part, whole] = CHANCES.reduce((best, chance) => (distance(chance) < distance(best) ? chance : best));
  return `${part} in ${whole}`;
}

// Below this chance people want to know how far they get, not when they run out.
const WORTH_A_TIME = 0.15;

/** One sentence about a window: the chance, when it runs out, and its reset. */
export function forecastSentence(forecast: WindowForecast): Html {
  const known = defaultForecast(forecast);
  const { point, unknown = 'too_early' } = forecast;
  if (!known || !point) return html`No forecast: ${REASONS[unknown]}.`;
  const { probability, timeIfExhausted, percentAtReset } = known;
  const roundToMs = isWeekly(forecast.window) ? HOUR_MS : HOUR_MS / 12;
  const time = (quantile: number): Html => renderTime(Math.round(timeIfExhausted(quantile) / roundToMs) * roundToMs);
  const reset = html`the reset on ${renderTime(point.resetsAt)}`;
  if (point.percent >= 100) return html`Ran out on ${time(0.5)}, before ${reset}.`;
  if (probability < WORTH_A_TIME) {
    const shown = (quantile: number): string => formatPercent(Math.round(percentAtReset(quantile)));
    return html`Chance of running out: ${chanceWords(probability)}. Probably ${shown(0.1)} to ${shown(0.9)} at ${reset}.`;
  }
  return html`${chanceWords(probability)}: runs out ${time(0.1)} to ${time(0.9)}, before ${reset}.`;
}
