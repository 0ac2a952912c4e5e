import { TRANSCRIPT_METRICS, type TranscriptMetric } from '../metrics/catalogue.ts';
import { renderHeader, renderSample } from '../metrics/exposition.ts';
import { LabelNames, pathCandidates } from './daemon/label-names.ts';
import { MessageView } from './message-view.ts';
import { costOf, type Prices } from './prices/prices.ts';
import { type LedgerView, projectNames } from './summary.ts';

/** Prometheus looks back five minutes for a sample, so that a series needs one at least as often to be continuous. */
const STEP_MS = 300_000;
/** A series ends this long after its last increase, because a day without use needs no samples. */
const KEEP_MS = 3_600_000;

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  /** Increase by the step in which it happened. */
  readonly gains: Map<number, number>;
}

/**
 * The counters of transcripts as OpenMetrics with timestamps, for `promtool tsdb create-blocks-from openmetrics`. Each
 * counter starts at 0 before its first message. Messages without a time are left out.
 */
export function* backfillText(
  view: LedgerView,
  prices: Prices,
  range: { since?: number | undefined; until?: number | undefined },
): Generator<string> {
  for (const [name, series] of collect(view, prices, range)) {
    const { type, help } = TRANSCRIPT_METRICS[name];
    yield renderHeader({ name, type, help }, 'openmetrics');
    for (const { labels, gains } of series.values()) yield samples(name, labels, gains);
  }
  yield '# EOF\n';
}

function samples(name: string, labels: Labels, gains: ReadonlyMap<number, number>): string {
  const steps = [...gains.keys()].toSorted((a, b) => a - b);
  const lines: string[] = [];
  const write = (step: number, value: number) => {
    const line = renderSample(name, { labels, value }, 'openmetrics').trimEnd();
    lines.push(`${line} ${(step * STEP_MS) / 1000}\n`);
  };
  let total = 0;
  let written = Number.NEGATIVE_INFINITY;
  for (const step of steps) {
    for (let idle = written + 1; idle < step && idle - written <= KEEP_MS / STEP_MS; idle++) write(idle, total);
    if (step - 1 > written + KEEP_MS / STEP_MS || written === Number.NEGATIVE_INFINITY) write(step - 1, total);
    total += gains.get(step) ?? 0;
    write(step, total);
    written = step;
  }
  return lines.join('');
}

function collect(
  { table, places }: LedgerView,
  prices: Prices,
  { since, until }: { since?: number | undefined; until?: number | undefined },
) {
  const families = new Map<TranscriptMetric, Map<string, Series>>();
  const names = projectNames(places);
  const labelNames = new LabelNames();
  const rows = places.models.list.map((model) => prices.rows(model));
  const message = new MessageView(table);
  const add = (metric: TranscriptMetric, labels: Labels, step: number, gain: number) => {
    const family = families.get(metric) ?? new Map<string, Series>();
    families.set(metric, family);
    const key = JSON.stringify(labels);
    const series = family.get(key) ?? { labels, gains: new Map<number, number>() };
    family.set(key, series);
    series.gains.set(step, (series.gains.get(step) ?? 0) + gain);
  };
  for (let record = 0; record < table.count; record++) {
    message.at(record);
    if (!(message.time >= (since ?? Number.NEGATIVE_INFINITY) && message.time < (until ?? Number.POSITIVE_INFINITY)))
      continue;
    // The sample after the message is the first that includes it.
    const step = Math.floor(message.time / STEP_MS) + 1;
    const { host } = places.project(message.project);
    const name = names[message.project] ?? '';
    const model = places.models.name(message.model);
    const labels = {
      host,
      project: labelNames.label('project', host, name, pathCandidates(name)),
      model: labelNames.label('model', host, model, [model]),
    };
    const tokens = {
      input: message.input,
      output: message.output,
      cache_read: message.cacheRead,
      cache_write_5m: message.cacheWrite - message.write1h,
      cache_write_1h: message.write1h,
    };
    for (const [type, count] of Object.entries(tokens))
      add('claude_transcript_tokens_total', { ...labels, type }, step, count);
    if (!message.isPart) add('claude_transcript_messages_total', labels, step, 1);
    const cost = costOf(rows[message.model] ?? [], message);
    if (cost !== undefined) add('claude_transcript_cost_dollars_total', labels, step, cost);
  }
  return families;
}
