import { type Html, html } from '@repo/common/html';
import type { UsageSample } from '../../history/samples.ts';
import { type Severity, type Threshold, type Thresholds, thresholdsOf } from '../../usage/thresholds.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { describePace, elapsedPercent } from './page-pace.ts';
import { formatPercent, formatSpan, renderTime, windowTitle } from './page-text.ts';
import { renderCurve } from './usage-curve.ts';

export interface WindowContext {
  readonly thresholds: Thresholds;
  /** Utilization at which new work is paused, in percent; null when the cap is off. */
  readonly cap: number | null;
  /** Whether a status line reported the value after the last poll. */
  readonly isFromStatusline: boolean;
  readonly samples: readonly UsageSample[];
  readonly now: number;
}

/** One window: utilization, pace, time to reset and the curve so far. */
export function renderWindow(usage: WindowUsage, context: WindowContext): Html {
  const { window, percent, resetsAt, active } = usage;
  const { cap, isFromStatusline, samples, now } = context;
  const limits = thresholdsOf(window, context.thresholds);
  const [shown, title] = [formatPercent(percent), windowTitle(usage)];
  const from = formatPercent(samples[0]?.percent ?? 0);
  return html`<section class="window ${severityOf(percent, limits)}">
<div class="head"><h3 title="${title}">${title}</h3>${active ? html`<span class="chip">currently limiting</span>` : ''}${isFromStatusline ? html`<span class="chip">from the status line</span>` : ''}
<span class="percent">${shown}</span></div>
${renderBar(usage, limits, cap, now)}
<div class="line soft"><span>${renderReset(resetsAt, now)}</span><span>${describePace(usage, now)}</span></div>
${renderCurve(usage, { samples, thresholds: limits, now, label: `${title} so far: from ${from} to ${shown}` })}
</section>`;
}

function renderBar(usage: WindowUsage, limits: readonly Threshold[], cap: number | null, now: number): Html {
  const elapsed = elapsedPercent(usage, now);
  const pause = cap === null ? '' : `, new work pauses at ${cap} %`;
  return html`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${formatPercent(usage.percent)} of ${windowTitle(usage)} used${pause}">
<rect class="used" width="${Math.min(100, usage.percent).toFixed(2)}" height="1"/>
${limits.map((limit) => verticalLine('threshold', limit.percent))}
${cap === null ? '' : verticalLine('cap', cap)}
${elapsed === undefined ? '' : verticalLine('clock', elapsed)}</svg>`;
}

function severityOf(percent: number, limits: readonly Threshold[]): Severity | '' {
  if (percent >= 100) return 'critical';
  return limits.findLast((limit) => percent >= limit.percent)?.severity ?? '';
}

function renderReset(resetsAt: number | undefined, now: number): Html {
  if (resetsAt === undefined) return html`not started`;
  if (resetsAt <= now) return html`reset ${formatSpan(now - resetsAt)} ago`;
  return html`resets in ${formatSpan(resetsAt - now)}, ${renderTime(resetsAt)}`;
}

function verticalLine(name: string, x: number): Html {
  return html`<line class="${name}" x1="${x.toFixed(2)}" x2="${x.toFixed(2)}" y1="0" y2="1"/>`;
}
