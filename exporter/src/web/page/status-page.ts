import { createHash } from 'node:crypto';
import { buildInfo } from '@repo/common/build-info';
import { type Html, html } from '@repo/common/html';
import type { AccountView } from '../../account/account-view.ts';
import type { TodayAnswer } from '../../transcripts/daemon/queries.ts';
import { type AccountOptions, renderAccount } from './page-account.ts';
import { renderSessions } from './page-sessions.ts';
import { formatPercent } from './page-text.ts';
import { REFRESH_SECONDS, SCRIPT } from './status-page-script.ts';
import { STYLE } from './status-page-style.ts';

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

export interface PageOptions extends AccountOptions {
  /** Usage from transcripts. If absent, the page has no sessions. */
  readonly today?: TodayAnswer | undefined;
}

/** The status page: every account with its windows, its gate and tier, and what to do when something is missing. */
export function renderStatusPage(views: readonly AccountView[], options: PageOptions): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${pageTitle(views)}</title>
<link rel="icon" href="${ICON}">
<style>${trusted(STYLE)}</style>
<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>
</head>
<body>
<header class="top"><h1>Claude usage</h1><span id="connection"></span></header>
<p id="announcement" class="hidden" role="status"></p>
<noscript><p class="top soft">Without JavaScript this page reloads itself and cannot save settings.</p></noscript>
<main>
${views.map((view) => renderAccount(view, options))}
${renderSessions(options.today)}
</main>
<footer>
<p>Bars: a dashed line marks the time that has passed, gaps mark thresholds, a red line marks the cap that pauses new
work. Curves: the dotted diagonal is the even pace that uses up the window exactly at its reset; dashed parts were not
recorded.</p>
<nav aria-label="Data"><a href="/metrics">Metrics</a> <a href="/api/v1/usage">Usage as JSON</a>
<a href="/api/v1/forecast">Forecast</a> <a href="/api/v1/tier">Tier</a> <a href="/api/v1/openapi.json">OpenAPI</a></nav>
<p>claude-usage-exporter ${buildInfo.version}</p>
</footer>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.html;
}

/** The fullest window comes first, because a browser cuts the title of a tab at its end. */
function pageTitle(views: readonly AccountView[]): string {
  const percents = views.flatMap(({ current }) => current?.snapshot.windows.map(({ percent }) => percent) ?? []);
  return percents.length === 0 ? 'Claude usage' : `${formatPercent(Math.max(...percents))} · Claude usage`;
}

function trusted(text: string): Html {
  return { html: text };
}
