import type { AccountState, AccountView } from './account-state.ts';
import { type Html, html } from './html.ts';
import { REFRESH_SECONDS, SCRIPT, STYLE } from './status-page-assets.ts';
import { type Severity, type Thresholds, thresholdsOf } from './thresholds.ts';
import type { WindowUsage } from './usage-body.ts';
import { SESSION_WINDOW, WEEKLY_WINDOW, type WindowName, windowDurationSeconds } from './windows.ts';

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Crect y='2' width='8' height='4' rx='2' fill='%23b9b5a9'/%3E%3Crect y='2' width='5' height='4' rx='2' fill='%232f7d6b'/%3E%3C/svg%3E";

/** The page for people: every account with its windows, and why something is missing. */
export function renderStatusPage(views: readonly AccountView[], thresholds: Thresholds, now: number): string {
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
<header><h1>Claude usage</h1><span id="connection"></span></header>
<main>
${views.map((view) => renderAccount(view, thresholds, now))}
</main>
<footer>
<span>Dashed: the time that has passed in the window. Gaps: thresholds.</span>
<a href="/metrics">Metrics</a> <a href="/api/v1/usage">JSON</a>
</footer>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.html;
}

function renderAccount(view: AccountView, thresholds: Thresholds, now: number): Html {
  const { state, current } = view;
  return html`<article>
<header><h2>${state.account}</h2>${renderBadge(view, now)}</header>
${current ? current.snapshot.windows.map((window) => renderWindow(window, thresholds, now)) : []}
${current?.snapshot.windows.length === 0 ? html`<p class="soft">The API reports no usage windows for this account.</p>` : ''}
${renderNote(view, now)}
</article>`;
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

function renderWindow({ window, percent, resetsAt, active }: WindowUsage, thresholds: Thresholds, now: number): Html {
  const limits = thresholdsOf(window, thresholds);
  const severity: Severity | '' =
    percent >= 100 ? 'critical' : (limits.findLast((limit) => percent >= limit.percent)?.severity ?? '');
  const durationMs = windowDurationSeconds(window) * 1000;
  const passed =
    resetsAt === undefined || resetsAt <= now ? undefined : clamp(100 - ((resetsAt - now) / durationMs) * 100);
  const shown = formatPercent(percent);
  return html`<section class="window">
<div class="line"><span class="name">${windowTitle(window)}${active ? html`<span class="soft">binding limit</span>` : ''}</span>
<span class="percent ${severity}">${shown}</span></div>
<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${shown} of ${windowTitle(window)} used">
<rect class="used ${severity}" width="${clamp(percent).toFixed(2)}" height="1"/>
${limits.map((limit) => verticalLine('threshold', limit.percent))}
${passed === undefined ? '' : verticalLine('clock', passed)}</svg>
<div class="line soft"><span>${renderReset(resetsAt, now)}</span>
<span>${passed === undefined ? '' : `${Math.round(passed)} % of the time`}</span></div>
</section>`;
}

function renderReset(resetsAt: number | undefined, now: number): Html {
  if (resetsAt === undefined) return html`not begun`;
  if (resetsAt <= now) return html`was to reset ${formatSpan(now - resetsAt)} ago`;
  return html`resets in ${formatSpan(resetsAt - now)}, ${renderTime(resetsAt)}`;
}

// The script puts the reader's own time zone in place.
function renderTime(ms: number): Html {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

function verticalLine(name: string, x: number): Html {
  return html`<line class="${name}" x1="${x.toFixed(2)}" x2="${x.toFixed(2)}" y1="0" y2="1"/>`;
}

function windowTitle(window: WindowName): string {
  if (window === SESSION_WINDOW) return '5 hours';
  if (window === WEEKLY_WINDOW) return '7 days';
  const scope = window.slice(WEEKLY_WINDOW.length + 1).replaceAll('_', ' ');
  return `7 days, ${scope.charAt(0).toUpperCase()}${scope.slice(1)}`;
}

function formatPercent(percent: number): string {
  return `${percent.toLocaleString('en', { maximumFractionDigits: 1, useGrouping: false })} %`;
}

/** A span of time as people say it, with at most two units. */
function formatSpan(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}

function trusted(text: string): Html {
  return { html: text };
}
