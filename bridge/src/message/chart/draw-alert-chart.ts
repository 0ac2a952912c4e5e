import type { Alert } from '../../alerts/alert-group.ts';
import { oneLine } from '../text.ts';
import type { Clock } from '../time-text.ts';
import { chartOf, describeChart } from './chart.ts';
import { toPng } from './chart-png.ts';
import { CHART_SIZE, drawChart } from './chart-svg.ts';
import { queryRange } from './query-range.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Shown before now, unless the alert says otherwise. */
const DEFAULT_HISTORY_MS = 6 * HOUR;
/** An end further away is a mistake. */
const MAX_AHEAD_MS = 32 * DAY;
const MAX_QUERY_CHARACTERS = 4_000;
const POINTS = 240;

/** A picture with its text for those who cannot see it. */
export interface ChartImage {
  readonly png: Uint8Array;
  readonly altText: string;
  readonly width: number;
  readonly height: number;
}

export interface ChartPorts extends Clock {
  readonly prometheusUrl: string;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * Draws the chart of an alert that has the annotation `chart_query`. The chart extends to `chart_end`, such as a reset (now
 * by default), and begins at `chart_start` (by default as long ago as the end is ahead, at least six hours); both in Unix
 * seconds.
 * @returns undefined for an alert without a chart, or when Prometheus has no data for it
 * @throws Error when Prometheus cannot be reached or rejects the query
 */
export async function drawAlertChart(alert: Alert, ports: ChartPorts): Promise<ChartImage | undefined> {
  const { chart_query: query, chart_start, chart_end, summary } = alert.annotations;
  if (query === undefined || query.trim() === '' || query.length > MAX_QUERY_CHARACTERS) return undefined;
  const { now } = ports;
  const endsAt = timeIn(chart_end, now, now + MAX_AHEAD_MS);
  const ahead = (endsAt ?? now) - now;
  const start = timeIn(chart_start, now - MAX_AHEAD_MS, now - 60_000) ?? now - Math.max(DEFAULT_HISTORY_MS, ahead);
  const end = endsAt ?? now;
  const series = await queryRange(
    ports.prometheusUrl,
    { query, start, end, stepMs: Math.max(15_000, (end - start) / POINTS) },
    ports.fetch,
  );
  const title = oneLine(alert.labels.alertname ?? summary ?? 'Alert', 70);
  const chart = chartOf(series, { title, start, end, now, ...(endsAt === undefined ? {} : { endsAt }) });
  if (!chart) return undefined;
  return { png: await toPng(drawChart(chart, ports)), altText: describeChart(chart, ports), ...CHART_SIZE };
}

/** A time in Unix seconds, when it is one and lies between the bounds. */
function timeIn(seconds: string | undefined, from: number, to: number): number | undefined {
  if (seconds === undefined || !/^\d{9,11}(?:\.\d+)?$/.test(seconds.trim())) return undefined;
  const ms = Number(seconds) * 1000;
  return ms > from && ms < to ? ms : undefined;
}
