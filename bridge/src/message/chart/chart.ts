import { oneLine } from '../text.ts';
import { type Clock, formatInstant } from '../time-text.ts';
import type { Point, Series } from './query-range.ts';

/**
 * How a series is drawn. A rule chooses it by the label `chart` of the series, for example with `label_replace`. Series
 * without the label are lines.
 */
const CHART_STYLES = ['line', 'pace', 'threshold', 'low', 'high'] as const;
export type ChartStyle = (typeof CHART_STYLES)[number];

export interface ChartLine {
  readonly name: string;
  readonly style: ChartStyle;
  readonly points: readonly Point[];
}

/** Content of a picture; `chart-svg` draws it. */
export interface Chart {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  /** Unix milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly now: number;
  /** The event at the end of the chart, such as a reset; undefined when the chart ends now. */
  readonly endsAt?: number;
  /** Largest value on the axis. */
  readonly top: number;
  /** Whether the values are shares of 1. */
  readonly isRatio: boolean;
}

/** Labels that say how to draw a series, not what it is. */
const DRAWING_LABELS: ReadonlySet<string> = new Set(['chart', '__name__']);

/** Turns series into a chart; `undefined` when there is nothing to draw. */
export function chartOf(
  series: readonly Series[],
  { title, start, end, now, endsAt }: Pick<Chart, 'title' | 'start' | 'end' | 'now' | 'endsAt'>,
): Chart | undefined {
  const lines = series
    .filter(({ points }) => points.length > 0)
    .map(({ labels, points }): ChartLine => ({ name: nameOf(labels), style: styleOf(labels.chart), points }));
  if (!lines.some(({ style }) => style === 'line')) return undefined;
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  const lowest = values.reduce((least, value) => Math.min(least, value), 0);
  const isRatio = lowest >= 0 && highest <= 1.5;
  const top = isRatio ? Math.max(1, highest) : niceTop(highest);
  return { title, lines, start, end, now, top, isRatio, ...(endsAt === undefined ? {} : { endsAt }) };
}

/** The picture in words, for those who cannot see it. */
export function describeChart({ title, lines, isRatio, endsAt }: Chart, clock: Clock): string {
  const main = lines.find(({ style }) => style === 'line');
  const [first, last] = [main?.points[0], main?.points.at(-1)];
  if (!first || !last) return title;
  const value = (point: Point) => formatValue(point[1], isRatio);
  const course = `from ${value(first)} on ${formatInstant(first[0], clock)} to ${value(last)} on ${formatInstant(last[0], clock)}`;
  const end = endsAt === undefined ? '' : `; the window ends ${formatInstant(endsAt, clock)}`;
  return `Chart: ${title}, ${course}${end}`;
}

export function formatValue(value: number, isRatio: boolean): string {
  if (isRatio) return `${Math.round(value * 100)} %`;
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

function styleOf(label: string | undefined): ChartStyle {
  return CHART_STYLES.find((style) => style === label) ?? 'line';
}

function nameOf(labels: Readonly<Record<string, string>>): string {
  const named = Object.entries(labels).filter(([label]) => !DRAWING_LABELS.has(label));
  return oneLine(named.map(([, value]) => value).join(', '), 60);
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below the value. */
function niceTop(highest: number): number {
  if (highest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= highest) ?? 10);
}
