import { type Html, html } from '@repo/common/html';
import type { TodayAnswer } from '../../transcripts/daemon/queries.ts';
import { lastPart } from '../../transcripts/summary.ts';

const MOST_ROWS = 6;

/** The usage of today by project and model, and the live sessions with one line of advice each. */
export function renderSessions(today: TodayAnswer | undefined): Html {
  if (!today) return html``;
  const { projects, models, live_sessions: sessions } = today;
  return html`<article data-account="sessions" aria-label="Sessions">
<div class="live">
<header><h2>Sessions</h2><span class="soft">from transcripts, at list prices</span></header>
<p class="line"><span>Today: ${count(tokensOf(today))} tokens in ${count(today.total_messages)} messages</span>
<strong>${cost(today)}</strong></p>
${rows('Projects', projects)}
${rows('Models', models)}
${sessions.length === 0 ? html`<p class="soft">No live session.</p>` : html``}
${sessions.slice(0, MOST_ROWS).map(
  ({ project, health }) => html`<p class="line"><span><strong>${lastPart(project)}</strong>
<span class="badge ${health.warnings.length > 0 ? 'orange' : ''}">${health.grade}</span></span>
<span class="soft">context ${count(health.context_tokens)}, cache hits ${percent(health.cache_hit_ratio)}</span></p>
<p class="note">${health.advice}</p>`,
)}
</div>
</article>`;
}

type Row = TodayAnswer['projects'][number];

function rows(title: string, list: readonly Row[]): Html {
  if (list.length === 0) return html``;
  return html`<h3>${title}</h3>
${list.slice(0, MOST_ROWS).map(
  (row) => html`<p class="line"><span>${lastPart(row.name)}</span>
<span class="soft">${count(tokensOf(row))} tokens</span> <span>${cost(row)}</span></p>`,
)}
${list.length > MOST_ROWS ? html`<p class="soft">and ${list.length - MOST_ROWS} more</p>` : html``}`;
}

function tokensOf(row: Omit<Row, 'name'>): number {
  return row.total_tokens + row.total_cache_creation_tokens + row.total_cache_read_tokens;
}

function cost({ total_cost_usd, unpriced_tokens }: Omit<Row, 'name'>): string {
  if (total_cost_usd === 0 && unpriced_tokens > 0) return 'unpriced';
  return `$${total_cost_usd.toFixed(2)}${unpriced_tokens > 0 ? ' + unpriced' : ''}`;
}

function count(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  return value >= 10_000 ? `${Math.round(value / 1000)} k` : value.toLocaleString('en');
}

function percent(ratio: number | null): string {
  return ratio === null ? 'unknown' : `${Math.round(ratio * 100)} %`;
}
