import { type Html, html } from '@repo/common/html';
import type { UsageSample } from '../../history/samples.ts';
import type { Threshold } from '../../usage/thresholds.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { isWeekly, windowDurationSeconds } from '../../usage/windows.ts';
import { renderTime } from './page-text.ts';

/** A gap in the samples longer than this share of the window is drawn as a dashed line. */
const MAX_BRIDGED_GAP = 1 / 20;

export interface CurveContext {
  readonly samples: readonly UsageSample[];
  readonly thresholds: readonly Threshold[];
  readonly now: number;
  /** Text that a screen reader says in place of the drawing. */
  readonly label: string;
}

/** Start of the window in milliseconds since the epoch; `undefined` before it has started. */
export function windowStart({ window, resetsAt }: WindowUsage): number | undefined {
  return resetsAt === undefined ? undefined : resetsAt - windowDurationSeconds(window) * 1000;
}

/**
 * Utilization from the window's start to now, with the thresholds and the even pace that would use the window up exactly
 * at its reset. Every window starts at 0 %, so time without samples is bridged by a dashed line from what is known.
 */
export function renderCurve(usage: WindowUsage, { samples, thresholds, now, label }: CurveContext): Html | '' {
  const start = windowStart(usage);
  const last = samples.at(-1);
  if (start === undefined || usage.resetsAt === undefined || !last) return '';
  const durationMs = windowDurationSeconds(usage.window) * 1000;
  const dated = isWeekly(usage.window);
  const top = Math.max(100, ...samples.map(({ percent }) => percent));
  const y = (percent: number) => round(100 - (percent / top) * 100);
  const point = ({ at, percent }: UsageSample) => `${round(((at - start) / durationMs) * 100)} ${y(percent)}`;
  const newest = { at: Math.min(now, usage.resetsAt), percent: usage.percent };
  const known = [{ at: start, percent: 0 }, ...samples.filter(({ at }) => at > start), newest];
  const stretches = splitAtGaps(known, durationMs * MAX_BRIDGED_GAP);
  const path = (parts: readonly UsageSample[]) => `M${parts.map(point).join('L')}`;
  const area = `${path(known)}L${point({ ...newest, percent: 0 })}Z`;
  const gaps = stretches
    .slice(1)
    .map((stretch, index) => [stretches[index]?.at(-1), stretch[0]].filter((end) => !!end));
  return html`<div class="course"><svg class="curve" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${label}">
${thresholds.map(({ percent }) => html`<line class="threshold" x1="0" x2="100" y1="${y(percent)}" y2="${y(percent)}"/>`)}
<line class="limit" x1="0" x2="100" y1="${y(100)}" y2="${y(100)}"/><line class="pace" x1="0" y1="100" x2="100" y2="${y(100)}"/>
<path class="area" d="${area}"/><path class="unknown" d="${gaps.map(path).join('')}"/><path class="known" d="${stretches.map(path).join('')}"/>
<path class="now" d="M${point(newest)}h.01"/></svg>
<div class="line soft scale"><span>${renderTime(start, { dated })}</span><span>${renderTime(usage.resetsAt, { dated })}</span></div></div>`;
}

function splitAtGaps(samples: readonly UsageSample[], maxGapMs: number): UsageSample[][] {
  const stretches: UsageSample[][] = [];
  let before: UsageSample | undefined;
  for (const sample of samples) {
    if (before && sample.at - before.at <= maxGapMs) stretches.at(-1)?.push(sample);
    else stretches.push([sample]);
    before = sample;
  }
  return stretches;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
