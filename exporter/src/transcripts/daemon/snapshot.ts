import { WORD } from '../ledger/message-table.ts';
import { MessageView } from '../message-view.ts';
import { projectNames } from '../summary.ts';
import { SlotUsage, type UsageWindow } from '../windows.ts';
import type { Series } from './series-counters.ts';
import type { TranscriptStore } from './store.ts';

/** Windows are computed from the messages of this time; after any pause of five hours the past does not matter. */
const WINDOW_HISTORY_MS = 8 * 86_400_000;

/** Data behind the metrics. */
export interface TranscriptSnapshot {
  readonly host: string;
  readonly series: readonly Series[];
  readonly sessions: readonly { readonly host: string; readonly project: string; readonly count: number }[];
  readonly limitHits: readonly { readonly host: string; readonly window: string; readonly count: number }[];
  /** The 5-hour window of each host that is running. */
  readonly windows: readonly (UsageWindow & { readonly host: string })[];
  readonly unreadable: number;
  readonly damagedLines: number;
}

export function snapshotOf(
  { ledger, places, counters, hits }: TranscriptStore,
  facts: { readonly unreadable: number; readonly damagedLines: number; readonly host: string; readonly now: number },
): TranscriptSnapshot {
  const { table } = ledger;
  const names = projectNames(places);
  const hosts = places.projects.list.map((_, number) => places.project(number).host);
  const sessions = new Map<string, Set<number>>();
  const slots = new Map<string, SlotUsage>();
  const message = new MessageView(table);
  for (let record = 0; record < table.count; record++) {
    message.at(record);
    const host = hosts[message.project] ?? '';
    if (!message.isPart) {
      const key = JSON.stringify([host, counters.projectLabel(places, names, message.project)]);
      sessions.set(key, (sessions.get(key) ?? new Set()).add(table.word(record, WORD.session)));
    }
    if (message.time < facts.now - WINDOW_HISTORY_MS || Number.isNaN(message.time)) continue;
    const usage = slots.get(host) ?? new SlotUsage();
    slots.set(host, usage);
    usage.add(message.requestedAt, message.input, message.output, message.cacheRead, message.cacheWrite);
  }
  const hitCounts = new Map<string, number>();
  for (const { host, window } of hits.values()) {
    const key = JSON.stringify([host, windowLabel(window)]);
    hitCounts.set(key, (hitCounts.get(key) ?? 0) + 1);
  }
  const pair = (key: string) => JSON.parse(key) as [string, string];
  return {
    host: facts.host,
    series: [...counters.series.values()],
    sessions: [...sessions].map(([key, { size }]) => ({ host: pair(key)[0], project: pair(key)[1], count: size })),
    limitHits: [...hitCounts].map(([key, count]) => ({ host: pair(key)[0], window: pair(key)[1], count })),
    windows: [...slots].flatMap(([host, usage]) => {
      const ofHost = [...hits.values()].filter((hit) => hit.host === host);
      const current = usage.windows(ofHost).find(({ start, end }) => start <= facts.now && facts.now < end);
      return current ? [{ ...current, host }] : [];
    }),
    unreadable: facts.unreadable,
    damagedLines: facts.damagedLines,
  };
}

/** The names of windows come from records, so that only plain ones may become labels. */
function windowLabel(window: string): string {
  return /^(?:five_hour|seven_day(?:_[a-z]{1,20})?)$/.test(window) ? window : 'other';
}
