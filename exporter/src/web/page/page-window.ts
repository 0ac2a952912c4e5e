import { type Html, html } from '@repo/common/html';
import type { UsageSample } from '../../history/history.ts';
import { type Severity, type Thresholds, thresholdsOf } from '../../usage/thresholds.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { windowDurationSeconds } from '../../usage/windows.ts';
import { formatPercent, formatSpan, renderTime, windowTitle } from './page-text.ts';
import { renderCurve } from './usage-curve.ts';

export interface WindowContext {
  readonly thresholds: Thresholds;
  /** From which utilization new work is refused, if it is. */
  readonly cap: number | null;
  /** Whether a status line has told of it since the last poll. */
  readonly isFromStatusline: boolean;
  readonly samples: readonly UsageSample[];
  readonly now: number;
}

/** One window: how much is used, how much of its time has passed, when it resets, and its course so far. */
export function renderWindow(
  usage: WindowUsage,
  { thresholds, cap, isFromStatusline, samples, now }: WindowContext,
): Html {
  const { window, percent, resetsAt, active } = usage;
  const limits = thresholdsOf(window, thresholds);
  const severity: Severity | '' =
    percent >= 100 ? 'critical' : (limits.findLast((limit) => percent >= limit.percent)?.severity ?? '');
  const durationMs = windowDurationSeconds(window) * 1000;
  const passed =
    resetsAt === undefined || resetsAt <= now ? undefined : clamp(100 - ((resetsAt - now) / durationMs) * 100);
  const [shown, title] = [formatPercent(percent), windowTitle(window)];
  return html`<section class="window">
<div class="line"><h3>${title}${active ? html`<span class="soft">binding limit</span>` : ''}${isFromStatusline ? html`<span class="soft">told by Claude Code since</span>` : ''}</h3>
<span class="percent ${severity}">${shown}</span></div>
<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${shown} of ${title} used${cap === null ? '' : `, new work pauses at ${cap} %`}">
<rect class="used ${severity}" width="${clamp(percent).toFixed(2)}" height="1"/>
${limits.map((limit) => verticalLine('threshold', limit.percent))}
${cap === null ? '' : verticalLine('cap', cap)}
${passed === undefined ? '' : verticalLine('clock', passed)}</svg>
<div class="line soft"><span>${renderReset(resetsAt, now)}</span>
<span>${passed === undefined ? '' : `${Math.round(passed)} % of the time`}</span></div>
${renderCurve(usage, samples, `Course of ${title}: from ${formatPercent(samples[0]?.percent ?? 0)} to ${shown}`)}
</section>`;
}

function renderReset(resetsAt: number | undefined, now: number): Html {
  if (resetsAt === undefined) return html`not begun`;
  if (resetsAt <= now) return html`was to reset ${formatSpan(now - resetsAt)} ago`;
  return html`resets in ${formatSpan(resetsAt - now)}, ${renderTime(resetsAt)}`;
}

function verticalLine(name: string, x: number): Html {
  return html`<line class="${name}" x1="${x.toFixed(2)}" x2="${x.toFixed(2)}" y1="0" y2="1"/>`;
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}
