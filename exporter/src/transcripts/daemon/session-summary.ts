import { MessageView } from '../message-view.ts';
import { costOf, type Prices } from '../prices/prices.ts';
import { type LedgerView, projectNames } from '../summary.ts';
import { Totals } from '../totals.ts';

/** One session, its agents included. */
export interface SessionSummary {
  readonly id: string;
  readonly host: string;
  readonly project: string;
  readonly slug: string;
  readonly account: string;
  readonly totals: Totals;
  readonly models: ReadonlySet<string>;
  readonly startedAt: number;
  readonly lastAt: number;
  /** Length of the last prompt of the session itself, in tokens. */
  readonly context: number;
}

/** All sessions with messages, the latest first. */
export function summarizeSessions(view: LedgerView, prices: Prices): SessionSummary[] {
  const { table, places } = view;
  const names = projectNames(places);
  const rows = places.models.list.map((model) => prices.rows(model));
  const sessions = new Map<number, Mutable<SessionSummary> & { models: Set<string>; contextAt: number }>();
  const message = new MessageView(table);
  for (let record = 0; record < table.count; record++) {
    message.at(record);
    let session = sessions.get(message.session);
    if (!session) {
      const { host, slug, account } = places.project(message.project);
      const bounds = { startedAt: Number.POSITIVE_INFINITY, lastAt: Number.NEGATIVE_INFINITY };
      const place = { host, slug, account, project: names[message.project] ?? '' };
      const fresh = {
        totals: new Totals(),
        models: new Set<string>(),
        context: 0,
        contextAt: Number.NEGATIVE_INFINITY,
      };
      session = { id: places.sessions.name(message.session), ...place, ...bounds, ...fresh };
      sessions.set(message.session, session);
    }
    session.totals.add(message, costOf(rows[message.model] ?? [], message));
    session.models.add(places.models.name(message.model));
    if (message.requestedAt < session.startedAt) session.startedAt = message.requestedAt;
    if (message.time > session.lastAt) session.lastAt = message.time;
    if (!message.isSidechain && !message.isPart && message.time >= session.contextAt) {
      session.context = message.input + message.cacheRead + message.cacheWrite;
      session.contextAt = message.time;
    }
  }
  return [...sessions.values()].toSorted((a, b) => b.lastAt - a.lastAt);
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
