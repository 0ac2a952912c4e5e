import type { MessageTable } from './ledger/message-table.ts';
import type { Places } from './ledger/places.ts';
import { slugOf } from './ledger/project.ts';
import type { LimitHit } from './lines/parsed-line.ts';
import { MessageView } from './message-view.ts';
import { costOf, type Prices } from './prices/prices.ts';
import { Totals } from './totals.ts';
import { SlotUsage, type UsageWindow } from './windows.ts';

/** Which messages a summary is about. */
export interface Selection {
  /** Milliseconds; from here on. */
  readonly since?: number | undefined;
  /** Milliseconds; before this. */
  readonly until?: number | undefined;
  /** A project's name, the last part of it, or its folder in Claude Code. */
  readonly project?: string | undefined;
}

export interface ProjectTotals extends Totals {
  sessions: number;
  slug: string;
}

export interface Summary {
  readonly total: Totals;
  readonly sessions: number;
  readonly byModel: ReadonlyMap<string, Totals>;
  readonly byProject: ReadonlyMap<string, Totals & { sessions: number; slug: string }>;
  readonly byDayUtc: ReadonlyMap<string, Totals>;
  /** By the days of the local time zone. */
  readonly byDay: ReadonlyMap<string, Totals>;
  readonly windows: readonly UsageWindow[];
  readonly thinking: number;
  readonly webSearches: number;
  /** Responses of agents whose final output count was never written. */
  readonly unfinished: number;
}

/** Everything that a summary is computed from. */
export interface LedgerView {
  readonly table: MessageTable;
  readonly places: Places;
  readonly hits: readonly LimitHit[];
}

const QUARTER_MS = 900_000;

export function summarize({ table, places, hits }: LedgerView, prices: Prices, selection: Selection = {}): Summary {
  const names = projectNames(places);
  const isChosen = chooser(names, selection);
  const rows = places.models.list.map((model) => prices.rows(model));
  const [byModel, byProject]: [Totals[], Totals[]] = [[], []];
  const byQuarter = new Map<number, Totals>();
  const sessionsOf: Set<number>[] = [];
  const allSessions = new Set<number>();
  const slots = new SlotUsage();
  let [thinking, webSearches, unfinished] = [0, 0, 0];
  const message = new MessageView(table);
  for (let record = 0; record < table.count; record++) {
    message.at(record);
    if (!isChosen(message)) continue;
    const cost = costOf(rows[message.model] ?? [], message);
    atNumber(byModel, message.model, newTotals).add(message, cost);
    atNumber(byProject, message.project, newTotals).add(message, cost);
    if (!message.isPart) {
      atNumber(sessionsOf, message.project, newSet).add(message.session);
      allSessions.add(message.session);
      if (message.isSidechain && !message.isFinished) unfinished++;
    }
    if (!Number.isNaN(message.time)) {
      totalsOf(byQuarter, Math.floor(message.time / QUARTER_MS)).add(message, cost);
      slots.add(message.requestedAt, message.input, message.output, message.cacheRead, message.cacheWrite);
    }
    thinking += message.thinking;
    webSearches += message.webSearches;
  }
  const total = new Totals();
  for (const totals of byModel) if (totals) total.plus(totals);
  return {
    total,
    sessions: allSessions.size,
    byModel: new Map(entriesOf(byModel).map(([model, totals]) => [places.models.name(model), totals])),
    byProject: mergeProjects(byProject, sessionsOf, names, places),
    byDayUtc: mergeDays(byQuarter, (at) => at.toISOString().slice(0, 10)),
    byDay: mergeDays(byQuarter, localDay),
    windows: slots.windows(hits),
    thinking,
    webSearches,
    unfinished,
  };
}

/** The name of each project, by its number: its path, or its folder's name as long as no path is known. */
export function projectNames(places: Places): string[] {
  const projects = places.projects.list.map((_, number) => places.project(number));
  return projects.map(({ path, slug, host }) => {
    if (path !== '') return path;
    const known = new Set(
      projects.filter((other) => other.host === host && slugOf(other.path) === slug).map((p) => p.path),
    );
    const [only] = known;
    return known.size === 1 && only !== undefined ? only : slug;
  });
}

function chooser(names: readonly string[], { since, until, project }: Selection): (message: MessageView) => boolean {
  const chosen = names.map(
    (name) => project === undefined || name === project || slugOf(name) === project || lastPart(name) === project,
  );
  return ({ time, project: number }) =>
    chosen[number] === true && !(since !== undefined && !(time >= since)) && !(until !== undefined && !(time < until));
}

export function lastPart(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

function mergeProjects(
  byNumber: readonly Totals[],
  sessionsOf: readonly (Set<number> | undefined)[],
  names: readonly string[],
  places: Places,
): Map<string, Totals & { sessions: number; slug: string }> {
  const merged = new Map<string, { totals: Totals; sessions: Set<number>; slug: string }>();
  for (const [number, totals] of entriesOf(byNumber)) {
    const name = names[number] ?? '';
    const { slug } = places.project(number);
    const into = merged.get(name) ?? { totals: new Totals(), sessions: new Set<number>(), slug };
    into.totals.plus(totals);
    for (const session of sessionsOf[number] ?? []) into.sessions.add(session);
    merged.set(name, into);
  }
  return new Map(
    [...merged].map(([name, { totals, sessions, slug }]) => [
      name,
      Object.assign(totals, { sessions: sessions.size, slug }),
    ]),
  );
}

function mergeDays(byQuarter: ReadonlyMap<number, Totals>, dayOf: (at: Date) => string): Map<string, Totals> {
  const days = new Map<string, Totals>();
  for (const [quarter, totals] of [...byQuarter].toSorted(([a], [b]) => a - b)) {
    const day = dayOf(new Date(quarter * QUARTER_MS));
    totalsOf(days, day).plus(totals);
  }
  return days;
}

function localDay(at: Date): string {
  const [year, month, day] = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
}

function totalsOf<Key>(map: Map<Key, Totals>, key: Key): Totals {
  let totals = map.get(key);
  if (!totals) {
    totals = new Totals();
    map.set(key, totals);
  }
  return totals;
}

const newTotals = () => new Totals();
const newSet = () => new Set<number>();

function atNumber<Value>(list: Value[], number: number, create: () => Value): Value {
  let value = list[number];
  if (value === undefined) {
    value = create();
    list[number] = value;
  }
  return value;
}

function entriesOf(list: readonly Totals[]): [number, Totals][] {
  return [...list.entries()].filter(([, totals]) => totals !== undefined);
}
