import type { TranscriptSnapshot } from '../transcripts/daemon/snapshot.ts';
import { TRANSCRIPT_METRICS, type TranscriptMetric } from './catalogue.ts';
import { type Format, renderHeader, renderSample } from './exposition.ts';

type Row = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Returns a function that renders a snapshot; the text of an unchanged snapshot is kept. */
export function createTranscriptBlock(): (snapshot: TranscriptSnapshot | undefined, format: Format) => Buffer {
  let rendered: { snapshot: TranscriptSnapshot; texts: Partial<Record<Format, Buffer>> } | undefined;
  return (snapshot, format) => {
    if (!snapshot) return Buffer.alloc(0);
    if (rendered?.snapshot !== snapshot) rendered = { snapshot, texts: {} };
    rendered.texts[format] ??= Buffer.from(renderFamilies(rowsOf(snapshot), format));
    return rendered.texts[format];
  };
}

function renderFamilies(families: Readonly<Record<TranscriptMetric, readonly Row[]>>, format: Format): string {
  return Object.entries(families)
    .map(([name, rows]) => {
      const { type, help } = TRANSCRIPT_METRICS[name as TranscriptMetric];
      const lines = rows.map(([labels, value]) => renderSample(name, { labels, value }, format));
      return renderHeader({ name, type, help }, format) + lines.join('');
    })
    .join('');
}

function rowsOf(snapshot: TranscriptSnapshot): Record<TranscriptMetric, readonly Row[]> {
  const { series, windows } = snapshot;
  const ofSeries = (value: (one: (typeof series)[number]) => number): Row[] =>
    series.map((one) => [{ host: one.host, project: one.project, model: one.model }, value(one)]);
  const unpriced = new Map<string, number>();
  for (const one of series) {
    if (one.unpriced > 0) unpriced.set(one.model, (unpriced.get(one.model) ?? 0) + one.unpriced);
  }
  return {
    claude_transcript_tokens_total: series.flatMap((one) => {
      const { host, project, model } = one;
      const typed = (type: string, value: number): Row => [{ host, project, model, type }, value];
      return [
        typed('input', one.input),
        typed('output', one.output),
        typed('cache_read', one.cacheRead),
        typed('cache_write_5m', one.write5m),
        typed('cache_write_1h', one.write1h),
      ];
    }),
    claude_transcript_cost_dollars_total: ofSeries(({ dollars }) => dollars),
    claude_transcript_messages_total: ofSeries(({ messages }) => messages),
    claude_transcript_thinking_tokens_total: ofSeries(({ thinking }) => thinking),
    claude_transcript_web_searches_total: ofSeries(({ webSearches }) => webSearches),
    claude_transcript_unpriced_tokens_total: [...unpriced].map(([model, tokens]) => [{ model }, tokens]),
    claude_transcript_limit_hits_total: snapshot.limitHits.map(({ host, window, count }) => [{ host, window }, count]),
    claude_transcript_sessions: snapshot.sessions.map(({ host, project, count }) => [{ host, project }, count]),
    claude_transcript_unreadable_files: [[{ host: snapshot.host }, snapshot.unreadable]],
    claude_transcript_window_start_timestamp_seconds: windows.map(({ host, start }) => [{ host }, start / 1000]),
    claude_transcript_window_end_timestamp_seconds: windows.map(({ host, end }) => [{ host }, end / 1000]),
    claude_transcript_window_tokens: windows.flatMap(({ host, input, output, cacheRead, cacheWrite }): Row[] => [
      [{ host, type: 'input' }, input],
      [{ host, type: 'output' }, output],
      [{ host, type: 'cache_read' }, cacheRead],
      [{ host, type: 'cache_write' }, cacheWrite],
    ]),
  };
}
