import type { LimitHit } from './lines/parsed-line.ts';
import { webSearchCost } from './prices/prices.ts';
import type { Summary } from './summary.ts';
import type { Totals } from './totals.ts';
import type { UsageWindow } from './windows.ts';

export interface ScanFacts {
  readonly hits: readonly LimitHit[];
  readonly unreadableFiles: number;
  readonly damagedLines: number;
  readonly now: number;
}

/** Returns the output of `transcripts --json`. */
export function summaryJson(summary: Summary, { hits, unreadableFiles, damagedLines, now }: ScanFacts): object {
  const window = summary.windows.find(({ start, end }) => start <= now && now < end);
  const limitHits: Record<string, number> = {};
  for (const hit of hits) limitHits[hit.window] = (limitHits[hit.window] ?? 0) + 1;
  return {
    total: { ...totalsJson(summary.total), sessions: summary.sessions },
    byModel: mapJson(summary.byModel, totalsJson),
    byProject: mapJson(summary.byProject, ({ sessions, slug, ...totals }) => ({
      ...totalsJson(totals),
      sessions,
      slug,
    })),
    byDayUTC: mapJson(summary.byDayUtc, totalsJson),
    byDay: mapJson(summary.byDay, totalsJson),
    ...(window && { window: windowJson(window) }),
    windows: summary.windows.map(windowJson),
    limitHits,
    unpricedTokens: summary.total.unpriced,
    thinkingTokens: summary.thinking,
    webSearches: summary.webSearches,
    webSearchCost: webSearchCost(summary.webSearches),
    unfinishedResponses: summary.unfinished,
    unreadableFiles,
    damagedLines,
  };
}

/** Absent cost: no price is known. */
function totalsJson(totals: Omit<Totals, 'add' | 'plus' | 'tokens'>): object {
  const { input, output, cacheRead, cacheWrite, write5m, write1h, messages, cost, unpriced } = totals;
  const isPriced = cost > 0 || unpriced === 0;
  return {
    input,
    output,
    cacheCreate: cacheWrite,
    cacheRead,
    cc5m: write5m,
    cc1h: write1h,
    messages,
    ...(isPriced && { cost }),
  };
}

function windowJson({ start, end, input, output, cacheRead, cacheWrite }: UsageWindow): object {
  return {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    input,
    output,
    cacheCreate: cacheWrite,
    cacheRead,
  };
}

function mapJson<Value>(map: ReadonlyMap<string, Value>, json: (value: Value) => object): Record<string, object> {
  return Object.fromEntries([...map].map(([key, value]) => [key, json(value)]));
}
