import { createHash } from 'node:crypto';
import { type Html, html } from '@repo/common/html';
import type { AccountState, AccountView } from '../../account/account-state.ts';
import type { Thresholds } from '../../usage/thresholds.ts';
import { isWeekly } from '../../usage/windows.ts';
import { renderPaused, renderSettings, type WriteAccess } from './page-gate.ts';
import { formatPercent, formatSpan, renderTime } from './page-text.ts';
import { renderWindow } from './page-window.ts';
import { REFRESH_SECONDS, SCRIPT } from './status-page-script.ts';
import { STYLE } from './status-page-style.ts';
import type { CurveOf } from './usage-curve.ts';

export interface StatusPageOptions {
  readonly thresholds: Thresholds;
  readonly curveOf: CurveOf;
  readonly access: WriteAccess;
  readonly now: number;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Crect y='2' width='8' height='4' rx='2' fill='%23b9b5a9'/%3E%3Crect y='2' width='5' height='4' rx='2' fill='%232f7d6b'/%3E%3C/svg%3E";

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Allows the style and the script of the status page and nothing else. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${hash(STYLE)}`,
  `script-src ${hash(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page for people: every account with its windows, its gate and tier, and why something is missing. */
export function renderStatusPage(views: readonly AccountView[], options: StatusPageOptions): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Claude usage</title>
<link rel="icon" href="${ICON}">
<style>${trusted(STYLE)}</style>
<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>
</head>
<body>
<header class="top"><h1>Claude usage</h1><span id="connection"></span></header>
<p id="announcement" class="hidden" role="status"></p>
<noscript><p class="top soft">Without JavaScript this page reloads itself, and saves nothing.</p></noscript>
<main>
${views.map((view) => renderAccount(view, options))}
</main>
<footer>
<p>In a bar: dashes for the time that has passed, gaps for thresholds, red for a cap. Below it: the course of the window,
and dotted the even pace that would just use it up.</p>
<nav aria-label="Data"><a href="/metrics">Metrics</a> <a href="/api/v1/usage">Usage as JSON</a>
<a href="/api/v1/tier">Tier</a> <a href="/api/v1/openapi.json">OpenAPI</a></nav>
</footer>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.html;
}

// The two parts are taken over apart when the page refreshes itself: what is read at once, what is edited not meanwhile.
function renderAccount(view: AccountView, { thresholds, curveOf, access, now }: StatusPageOptions): Html {
  const { state, current, gate } = view;
  const windows = current?.snapshot.windows ?? [];
  const { sessionPct, weekPct } = gate.caps;
  return html`<article data-account="${state.account}" aria-label="Account ${state.account}">
<div class="live" data-paused="${gate.refusal ? 'yes' : 'no'}">
<header><h2>${state.account}</h2><span class="badges">${renderTier(view)}${renderBadge(view, now)}</span></header>
${renderPaused(view, now)}
${windows.map((usage) => {
  const cap = isWeekly(usage.window) ? weekPct : sessionPct;
  const isFromStatusline = current?.source !== 'statusline' && current?.fromStatusline?.has(usage.window) === true;
  return renderWindow(usage, { thresholds, cap, isFromStatusline, samples: curveOf(view, usage), now });
})}
${current && windows.length === 0 ? html`<p class="soft">The API reports no usage windows for this account.</p>` : ''}
${renderNote(view, now)}
</div>
${renderSettings(view, access)}
</article>`;
}

function renderTier({ tier: { tier, weeklyPercent, stale } }: AccountView): Html | '' {
  if (tier === undefined || weeklyPercent === undefined) return '';
  const title = `The week is at ${formatPercent(weeklyPercent)}${stale ? ', as last known' : ''}.`;
  return html`<span class="badge tier ${tier}" title="${title}">tier ${tier}</span>`;
}

function renderBadge({ current }: AccountView, now: number): Html {
  if (!current) return html`<span class="badge none">no usage</span>`;
  const age = formatSpan(now - current.snapshot.fetchedAt);
  if (current.source === 'official_api') return html`<span class="badge">polled ${age} ago</span>`;
  if (current.source === 'statusline') return html`<span class="badge">told by Claude Code ${age} ago</span>`;
  return html`<span class="badge stale">last known, ${age} old</span>`;
}

function renderNote({ state, polled, current }: AccountView, now: number): Html | string {
  const { lastPoll, snapshot } = state;
  if (current?.source === 'official_api') return '';
  const old =
    snapshot && !current
      ? html`<p>The last usage known is ${formatSpan(now - snapshot.fetchedAt)} old, too old to be shown.</p>`
      : '';
  const why = lastPoll?.detail
    ? html`<p>The last poll failed: ${lastPoll.detail}. <span class="soft">(${lastPoll.outcome})</span></p>`
    : html`<p>${lastPoll ? 'The next poll is due.' : polled ? 'Not polled yet.' : 'Not polled, as configured.'}</p>`;
  return html`<div class="note">${old}${why}${renderBlock(state, now)}</div>`;
}

function renderBlock({ blockedUntil }: AccountState, now: number): Html | string {
  return blockedUntil !== undefined && blockedUntil > now
    ? html`<p>It is asked again at ${renderTime(blockedUntil)}.</p>`
    : '';
}

function trusted(text: string): Html {
  return { html: text };
}
