import { type Html, html } from '@repo/common/html';
import { defaultForecast, type WindowForecast } from '../../forecast/window-outlook.ts';
import type { UsageSample } from '../../history/samples.ts';
import { windowDurationSeconds } from '../../usage/windows.ts';
import { renderTime } from './page-text.ts';

/** Draws the curve so far, and the 80 % range and the median from the last sample to the reset. */
export function renderFan(forecast: WindowForecast, samples: readonly UsageSample[], label: string): Html | '' {
  const known = defaultForecast(forecast);
  const { point, window } = forecast;
  if (!known || !point || point.percent >= 100) return '';
  const durationMs = windowDurationSeconds(window) * 1000;
  const start = point.resetsAt - durationMs;
  const place = (at: number, percent: number): string =>
    `${round(((at - start) / durationMs) * 100)} ${round(100 - Math.min(100, percent))}`;
  // A path that reaches the limit stays there until the reset.
  const edge = (time: number, percentAtReset: number): readonly string[] =>
    time < point.resetsAt ? [place(time, 100), place(point.resetsAt, 100)] : [place(point.resetsAt, percentAtReset)];
  const now = place(point.at, point.percent);
  const upper = edge(known.p10, known.percentAtReset(0.9));
  const lower = edge(known.p90, known.percentAtReset(0.1));
  const middle = edge(known.p50, known.percentAtReset(0.5));
  const past = [{ at: start, percent: 0 }, ...samples.filter(({ at }) => at > start && at < point.at)];
  const fan = [now, ...upper, ...lower.toReversed()].join('L');
  const runsOut = known.p50 < point.resetsAt ? html`<path class="out" d="M${place(known.p50, 100)}h.01"/>` : '';
  return html`<svg class="fan" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${label}">
<line class="limit" x1="0" x2="100" y1="0" y2="0"/><path class="range" d="M${fan}Z"/>
<path class="past" d="M${[...past.map(({ at, percent }) => place(at, percent)), now].join('L')}"/>
<path class="median" d="M${[now, ...middle].join('L')}"/>${runsOut}<path class="present" d="M${now}h.01"/></svg>
<div class="line soft scale"><span>${renderTime(start, { dated: true })}</span><span>${renderTime(point.resetsAt, { dated: true })}</span></div>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
