import type { Before, Ledger } from '../ledger/ledger.ts';
import type { Places } from '../ledger/places.ts';
import { MessageView } from '../message-view.ts';
import { costOf, type Prices } from '../prices/prices.ts';
import { projectNames } from '../summary.ts';
import { type LabelNames, pathCandidates } from './label-names.ts';

/** Counts of one host, project and model. Values only grow. */
export interface Series {
  readonly host: string;
  readonly project: string;
  readonly model: string;
  input: number;
  output: number;
  cacheRead: number;
  /** Includes cache writes whose lifetime the record does not name. */
  write5m: number;
  write1h: number;
  thinking: number;
  webSearches: number;
  messages: number;
  dollars: number;
  unpriced: number;
}

/** The counters behind the metrics. A message is priced when it is counted; later prices do not change a counter. */
export class SeriesCounters {
  readonly series: Map<string, Series>;
  readonly changed = new Set<string>();
  readonly #labels: LabelNames;

  constructor(series: Iterable<Series>, labels: LabelNames) {
    this.series = new Map([...series].map((one) => [keyOf(one.host, one.project, one.model), one]));
    this.#labels = labels;
  }

  /** Adds what the ledger gained since it was last settled. */
  count(ledger: Ledger, places: Places, prices: Prices): void {
    const { table, settled, grown } = ledger;
    if (table.count === settled && grown.size === 0) return;
    const names = projectNames(places);
    const labels = places.projects.list.map((_, number) => this.projectLabel(places, names, number));
    const rows = places.models.list.map((model) => prices.rows(model));
    const message = new MessageView(table);
    const add = (record: number, before: Before | undefined) => {
      message.at(record);
      const { host } = places.project(message.project);
      const model = places.models.name(message.model);
      const label = this.#labels.label('model', host, model, [model]);
      const cost = costOf(rows[message.model] ?? [], message);
      const old = before && costOf(rows[message.model] ?? [], { ...message, ...countsOf(before) });
      const gain = cost === undefined ? undefined : Math.max(0, cost - (old ?? 0));
      addGain(this.#seriesOf(host, labels[message.project] ?? '', label), message, before, gain);
    };
    for (const [record, before] of grown) add(record, before);
    for (let record = settled; record < table.count; record++) add(record, undefined);
  }

  projectLabel(places: Places, names: readonly string[], number: number): string {
    const { host } = places.project(number);
    const name = names[number] ?? '';
    return this.#labels.label('project', host, name, pathCandidates(name));
  }

  #seriesOf(host: string, project: string, model: string): Series {
    const key = keyOf(host, project, model);
    this.changed.add(key);
    let series = this.series.get(key);
    if (!series) {
      const tokens = { input: 0, output: 0, cacheRead: 0, write5m: 0, write1h: 0, thinking: 0 };
      series = { host, project, model, ...tokens, webSearches: 0, messages: 0, dollars: 0, unpriced: 0 };
      this.series.set(key, series);
    }
    return series;
  }
}

function keyOf(host: string, project: string, model: string): string {
  return JSON.stringify([host, project, model]);
}

function countsOf([
  input = 0,
  output = 0,
  cacheRead = 0,
  cacheWrite = 0,
  write5m = 0,
  write1h = 0,
  thinking = 0,
  webSearches = 0,
]: Before) {
  return { input, output, cacheRead, cacheWrite, write5m, write1h, thinking, webSearches };
}

function addGain(series: Series, message: MessageView, before: Before | undefined, dollars: number | undefined): void {
  const old = countsOf(before ?? []);
  series.input += message.input - old.input;
  series.output += message.output - old.output;
  series.cacheRead += message.cacheRead - old.cacheRead;
  // The parts of a sum may change their shares, but no counter may fall.
  const writes = Math.max(0, message.cacheWrite - old.cacheWrite);
  const oneHour = Math.min(writes, Math.max(0, message.write1h - old.write1h));
  series.write1h += oneHour;
  series.write5m += writes - oneHour;
  series.thinking += message.thinking - old.thinking;
  series.webSearches += message.webSearches - old.webSearches;
  if (!before && !message.isPart) series.messages++;
  if (dollars === undefined) {
    const known = old.input + old.output + old.cacheRead + old.cacheWrite;
    series.unpriced += message.tokens - known;
  } else series.dollars += dollars;
}
