import { type Html, html } from '@repo/common/html';
import type { AccountView } from '../../account/account-view.ts';
import type { Thresholds } from '../../usage/thresholds.ts';
import { isWeekly } from '../../usage/windows.ts';
import { renderForecast } from './page-forecast.ts';
import { renderPaused, renderSettings, type WriteAccess } from './page-gate.ts';
import { describePlan, renderExtraUsage } from './page-plan.ts';
import { formatPercent, formatSpan } from './page-text.ts';
import { renderTrouble } from './page-trouble.ts';
import { renderWindow } from './page-window.ts';
import type { CurveOf } from './read-curve.ts';

export interface AccountOptions {
  readonly thresholds: Thresholds;
  readonly curveOf: CurveOf;
  readonly access: WriteAccess;
  readonly now: number;
}

/** One account. The script replaces the live part at each refresh, and the settings only while nobody edits them. */
export function renderAccount(view: AccountView, { thresholds, curveOf, access, now }: AccountOptions): Html {
  const { state, current, gate } = view;
  const windows = current?.snapshot.windows ?? [];
  const extraUsage = current?.snapshot.extraUsage;
  const { sessionPct, weekPct } = gate.caps;
  return html`<article data-account="${state.account}" aria-label="Account ${state.account}">
<div class="live" data-paused="${gate.refusal ? 'yes' : 'no'}">
<header><h2>${state.account}</h2><span class="badges">${renderPlan(view)}${renderTier(view)}${renderSource(view, now)}</span></header>
${renderPaused(view, now)}
${renderTrouble(view, now)}
<div class="windows">
${windows.map((usage) => {
  const cap = isWeekly(usage.window) ? weekPct : sessionPct;
  const isFromStatusline =
    current?.source !== 'statusline' && current?.windowSources.get(usage.window)?.source === 'statusline';
  return renderWindow(usage, { thresholds, cap, isFromStatusline, samples: curveOf(view, usage), now });
})}
</div>
${current && windows.length === 0 ? html`<p class="soft">The API reports no usage windows for this account.</p>` : ''}
${extraUsage ? renderExtraUsage(extraUsage) : ''}
${renderForecast(view, curveOf)}
</div>
${renderSettings(view, access)}
</article>`;
}

function renderPlan({ state: { plan } }: AccountView): Html | '' {
  const name = plan && describePlan(plan);
  return name === undefined ? '' : html`<span class="badge plan">${name}</span>`;
}

function renderTier({ tier: { tier, weeklyPercent, stale } }: AccountView): Html | '' {
  if (tier === undefined || weeklyPercent === undefined) return '';
  const title = `The week is at ${formatPercent(weeklyPercent)}${stale ? ' (last known)' : ''}.`;
  return html`<span class="badge tier ${tier}" title="${title}">tier ${tier}</span>`;
}

function renderSource({ current }: AccountView, now: number): Html {
  if (!current) return html`<span class="badge none">no usage</span>`;
  const age = formatSpan(now - current.snapshot.fetchedAt);
  if (current.source === 'official_api') return html`<span class="badge">polled ${age} ago</span>`;
  if (current.source === 'claude_code') return html`<span class="badge">from Claude Code, ${age} ago</span>`;
  if (current.source === 'local_estimate') return html`<span class="badge stale">estimate from transcripts</span>`;
  if (current.source === 'statusline') return html`<span class="badge">from the status line, ${age} ago</span>`;
  return html`<span class="badge stale">last known, ${age} old</span>`;
}
