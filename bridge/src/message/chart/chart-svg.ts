import { escapeHtml } from '@repo/common/html';
import { type Clock, formatInstant } from '../time-text.ts';
import { type Chart, type ChartLine, formatValue } from './chart.ts';
import type { Point } from './query-range.ts';

/** Size in pixels: wide enough for a desktop, and readable when a phone shows it at half the width. */
export const CHART_SIZE = { width: 800, height: 360 } as const;

const PLOT = { left: 64, right: 776, top: 52, bottom: 308 } as const;
const GRID_LINES = 4;
/** A gap longer than this share of the chart breaks a line. */
const MAX_BRIDGED_GAP = 1 / 25;

/** In a longer chart, a weekday could be two days. */
const MAX_UNDATED_MS = 3 * 24 * 3_600_000;

const COLORS = { ink: '#22211d', soft: '#6b6860', grid: '#e4e1d8', now: '#8c887e', limit: '#b3261e' } as const;
const LINE_COLORS = ['#2f7d6b', '#3b6fb6', '#a05a9c', '#b0701c', '#4f6d2f', '#7a5548'];

/** Draws a chart on white, which is readable in light and dark clients. */
export function drawChart(chart: Chart, clock: Clock): string {
  const { width, height } = CHART_SIZE;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans" font-size="15">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="24" y="30" font-size="18" font-weight="bold" fill="${COLORS.ink}">${escapeHtml(chart.title)}</text>
${grid(chart)}${band(chart)}${chart.lines.map((line, index) => stroke(chart, line, index)).join('')}${marks(chart, clock)}
</svg>`;
}

function grid({ top, isRatio }: Chart): string {
  return Array.from({ length: GRID_LINES + 1 }, (_, index) => {
    const value = (top * index) / GRID_LINES;
    const y = yOf(value, top);
    return `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}" stroke="${COLORS.grid}"/>
<text x="${PLOT.left - 8}" y="${y + 5}" text-anchor="end" fill="${COLORS.soft}">${formatValue(value, isRatio)}</text>`;
  }).join('\n');
}

/** The range between `low` and `high`, for example of a forecast. */
function band(chart: Chart): string {
  const [low, high] = (['low', 'high'] as const).map((style) => chart.lines.find((line) => line.style === style));
  if (!low || !high) return '';
  const outline = [...high.points, ...low.points.toReversed()].map((point) => at(chart, point)).join(' ');
  return `<polygon points="${outline}" fill="${LINE_COLORS[0]}" opacity="0.18"/>`;
}

function stroke(chart: Chart, { style, points }: ChartLine, index: number): string {
  if (style === 'low' || style === 'high') return '';
  const look = {
    line: `stroke="${LINE_COLORS[index % LINE_COLORS.length]}" stroke-width="3"`,
    pace: `stroke="${COLORS.soft}" stroke-width="2" stroke-dasharray="2 6"`,
    threshold: `stroke="${COLORS.limit}" stroke-width="1.5" stroke-dasharray="8 5" opacity="0.7"`,
  }[style];
  const maxGapMs = (chart.end - chart.start) * MAX_BRIDGED_GAP;
  const path = points.map((point, position) => {
    const before = points[position - 1];
    // A straight line is drawn from few points; only a measured one has gaps.
    const isNew = !before || (style === 'line' && point[0] - before[0] > maxGapMs);
    return `${isNew ? 'M' : 'L'}${at(chart, point)}`;
  });
  const last = points.at(-1);
  const dot =
    style === 'line' && last
      ? `<circle cx="${xOf(last[0], chart)}" cy="${yOf(last[1], chart.top)}" r="5" fill="${LINE_COLORS[index % LINE_COLORS.length]}"/>`
      : '';
  return `<path d="${path.join('')}" fill="none" stroke-linejoin="round" stroke-linecap="round" ${look}/>${dot}`;
}

/** The moments that matter: start, now, and the end of the window. */
function marks(chart: Chart, clock: Clock): string {
  const { start, end, now, endsAt } = chart;
  const label = (x: number, anchor: string, text: string) =>
    `<text x="${x}" y="${PLOT.bottom + 28}" text-anchor="${anchor}" fill="${COLORS.soft}">${escapeHtml(text)}</text>`;
  const nowX = xOf(now, chart);
  const isApart = nowX > PLOT.left + 150 && nowX < PLOT.right - 150;
  const nowMark = `<line x1="${nowX}" x2="${nowX}" y1="${PLOT.top}" y2="${PLOT.bottom}" stroke="${COLORS.now}" stroke-dasharray="3 3"/>`;
  const time = (ms: number) => formatInstant(ms, clock, { dated: end - start > MAX_UNDATED_MS });
  const endText = endsAt === undefined ? time(end) : `ends ${time(endsAt)}`;
  return [
    label(PLOT.left, 'start', time(start)),
    label(PLOT.right, 'end', endText),
    ...(endsAt === undefined ? [] : [nowMark]),
    ...(isApart ? [label(nowX, 'middle', 'now')] : []),
  ].join('');
}

function at(chart: Chart, [time, value]: Point): string {
  return `${xOf(time, chart)} ${yOf(value, chart.top)}`;
}

function xOf(time: number, { start, end }: Chart): number {
  const share = Math.min(1, Math.max(0, (time - start) / (end - start)));
  return round(PLOT.left + share * (PLOT.right - PLOT.left));
}

function yOf(value: number, top: number): number {
  const share = Math.min(1, Math.max(0, value / top));
  return round(PLOT.bottom - share * (PLOT.bottom - PLOT.top));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
