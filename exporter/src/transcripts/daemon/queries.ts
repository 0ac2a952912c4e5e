import type { Prices } from '../prices/prices.ts';
import { type LedgerView, lastPart, summarize } from '../summary.ts';
import type { Totals } from '../totals.ts';
import { sessionHealth } from './session-health.ts';
import { type SessionSummary, summarizeSessions } from './session-summary.ts';

/** A question of the API about transcripts. */
export type TranscriptQuery =
  | { readonly kind: 'stats' | 'projects' | 'health' | 'today' }
  | { readonly kind: 'project' | 'project-sessions' | 'session'; readonly name: string };

/** A session counts as live for this long after its last message. */
const LIVE_MS = 3_600_000;

/** Answers a question; undefined if it asks for something unknown. */
export function answerQuery(
  query: TranscriptQuery,
  view: LedgerView & { readonly prices: Prices },
  now: number,
): object | undefined {
  switch (query.kind) {
    case 'stats':
      return stats(view, now);
    case 'projects':
      return { projects: projects(view) };
    case 'project':
      return projects(view).find(({ name, slug }) => [name, slug, lastPart(name)].includes(query.name));
    case 'project-sessions': {
      const sessions = summarizeSessions(view, view.prices).filter(({ project, slug }) =>
        [project, slug, lastPart(project)].includes(query.name),
      );
      return sessions.length === 0 ? undefined : { sessions: sessions.map(sessionJson) };
    }
    case 'session': {
      const session = summarizeSessions(view, view.prices).find(({ id }) => id === query.name);
      return session && { ...sessionJson(session), health: healthJson(session, now) };
    }
    case 'health':
      return { sessions: liveSessions(view, now) };
    case 'today':
      return today(view, now);
  }
}

function stats(view: LedgerView & { readonly prices: Prices }, now: number): object {
  const { total, sessions, byProject, windows } = summarize(view, view.prices);
  const window = windows.find(({ start, end }) => start <= now && now < end);
  const left = window ? Math.max(0, Math.round((window.end - now) / 1000)) : 0;
  return {
    ...totalsJson(total),
    total_sessions: sessions,
    projects: byProject.size,
    current_window_tokens: window ? window.input + window.output : 0,
    current_window_start: window ? iso(window.start) : null,
    next_reset_at: window ? iso(window.end) : null,
    time_until_reset_seconds: left,
    time_until_reset_human: window ? `${Math.floor(left / 3600)}h ${Math.floor((left % 3600) / 60)}m remaining` : null,
    is_within_active_window: window !== undefined,
    window_details: {
      input_tokens: window?.input ?? 0,
      output_tokens: window?.output ?? 0,
      cache_creation_tokens: window?.cacheWrite ?? 0,
      cache_read_tokens: window?.cacheRead ?? 0,
    },
  };
}

function projects(view: LedgerView & { readonly prices: Prices }) {
  return [...summarize(view, view.prices).byProject].map(([name, totals]) => ({
    name,
    slug: totals.slug,
    ...totalsJson(totals),
    total_sessions: totals.sessions,
  }));
}

/** Usage since midnight of the local time zone, and the live sessions. */
export type TodayAnswer = ReturnType<typeof today>;

function today(view: LedgerView & { readonly prices: Prices }, now: number) {
  const since = new Date(now).setHours(0, 0, 0, 0);
  const { total, byModel, byProject } = summarize(view, view.prices, { since });
  const rows = (totals: ReadonlyMap<string, Totals>) =>
    [...totals]
      .toSorted(([, a], [, b]) => b.cost - a.cost || b.tokens - a.tokens)
      .map(([name, one]) => ({ name, ...totalsJson(one) }));
  return {
    ...totalsJson(total),
    models: rows(byModel),
    projects: rows(byProject),
    live_sessions: liveSessions(view, now),
  };
}

function liveSessions(view: LedgerView & { readonly prices: Prices }, now: number) {
  return summarizeSessions(view, view.prices)
    .filter(({ lastAt }) => lastAt > now - LIVE_MS)
    .map((session) => ({ ...sessionJson(session), health: healthJson(session, now) }));
}

function sessionJson({ id, host, project, totals, models, startedAt, lastAt, context }: SessionSummary) {
  return {
    session_id: id,
    host,
    project,
    ...totalsJson(totals),
    models: [...models].toSorted(),
    started_at: Number.isFinite(startedAt) ? iso(startedAt) : null,
    last_message_at: Number.isFinite(lastAt) ? iso(lastAt) : null,
    context_tokens: context,
  };
}

function healthJson(session: SessionSummary, now: number) {
  const { warnings, advice, context, cacheHits, tokensPerTurn, ageMs, grade } = sessionHealth(session, now);
  return {
    warnings,
    advice,
    context_tokens: context,
    cache_hit_ratio: cacheHits ?? null,
    tokens_per_turn: Math.round(tokensPerTurn),
    age_seconds: Math.round(ageMs / 1000),
    grade: grade.letter,
    score: grade.score,
  };
}

function totalsJson(totals: Totals) {
  return {
    total_tokens: totals.input + totals.output,
    total_input_tokens: totals.input,
    total_output_tokens: totals.output,
    total_cache_creation_tokens: totals.cacheWrite,
    total_cache_read_tokens: totals.cacheRead,
    total_messages: totals.messages,
    total_cost_usd: totals.cost,
    unpriced_tokens: totals.unpriced,
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
