import { expect, test } from 'vitest';
import { chartOf, describeChart, formatValue } from './chart.ts';
import type { Point } from './query-range.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const HOUR = 3_600_000;
const frame = { title: 'Usage', start: NOON - 5 * HOUR, end: NOON + HOUR, now: NOON, endsAt: NOON + HOUR };
const used: Point[] = [
  [NOON - 4 * HOUR, 0.1],
  [NOON, 0.8],
];
const top = (...values: number[]) =>
  chartOf([{ labels: {}, points: values.map((value): Point => [NOON, value]) }], frame)?.top;

test('the label "chart" chooses how a series is drawn, the others are its name', () => {
  const series = [
    { labels: { __name__: 'usage', account: 'work' }, points: used },
    { labels: { chart: 'pace' }, points: used },
    { labels: { chart: 'odd', account: 'home' }, points: used },
  ];
  expect(chartOf(series, frame)?.lines.map(({ name, style }) => [name, style])).toEqual([
    ['work', 'line'],
    ['', 'pace'],
    ['home', 'line'],
  ]);
});

test('there is no chart without a line that has points', () => {
  expect(chartOf([], frame)).toBeUndefined();
  expect(chartOf([{ labels: {}, points: [] }], frame)).toBeUndefined();
  expect(chartOf([{ labels: { chart: 'pace' }, points: used }], frame)).toBeUndefined();
});

test('shares reach up to 100 %, and above where more was used', () => {
  expect([top(0.2), top(1.04)]).toEqual([1, 1.04]);
  expect(formatValue(0.804, true)).toBe('80 %');
});

test('other values have a round top', () => {
  expect([top(3), top(1900), top(23), top(-1)]).toEqual([5, 2000, 25, 1]);
  expect(formatValue(1900, false)).toBe('1.9K');
});

test('is described in words, in the time of the room', () => {
  const chart = chartOf([{ labels: {}, points: used }], frame);
  if (!chart) throw new Error('there is a chart');
  expect(describeChart(chart, { timeZone: 'Europe/Berlin', now: NOON })).toBe(
    'Chart: Usage, from 10 % on Wed 09:00 to 80 % on Wed 13:00; the window ends Wed 14:00',
  );
});
