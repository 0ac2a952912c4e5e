// Scores the forecast: on each trace with coefficients that have not seen it, and on made-up rhythms.
// bench.ts [SEED [SERIES]]; prints the default method and, below it, others on the same series.
import process from 'node:process';
import { linear } from '../../../exporter/src/forecast/methods/linear.ts';
import { rhythm } from '../../../exporter/src/forecast/methods/rhythm.ts';
import { windowAverage } from '../../../exporter/src/forecast/methods/window-average.ts';
import { blend, learnedCurve } from './peers.ts';
import { makeRhythm, RHYTHMS } from './rhythms.ts';
import { describe, HEADER, type SeriesScore, scoreSeries, summarize } from './score.ts';
import { loadTraces, type Row, WEEK_MS } from './trace.ts';
import { asRecorded, everyWeekFull, withQuota } from './training-sets.ts';
import { prepareWeeklyFit } from './weekly-fit.ts';

const [seed = '7', count = '6'] = process.argv.slice(2);
const traces = loadTraces();
const fit = prepareWeeklyFit(traces);
const unseen = traces.map((_, i) => rhythm(fit(i)));

const OTHERS = {
  window_average: (rows: readonly Row[]) => scoreSeries(windowAverage(WEEK_MS), rows),
  linear_6h: (rows: readonly Row[]) => scoreSeries(linear(), rows),
  'learned curve (CodexBar)': (rows: readonly Row[]) => scoreSeries(learnedCurve, rows),
  'blend (vibe-bar)': (rows: readonly Row[]) => scoreSeries(blend, rows),
};

function print(name: string, scores: readonly SeriesScore[], rows: readonly (readonly Row[])[]): void {
  console.log(`${name.padEnd(30)} ${describe(summarize(scores))}`);
  for (const [other, score] of Object.entries(OTHERS)) {
    console.log(`${`  ${other}`.padEnd(30)} ${describe(summarize(rows.map(score)))}`);
  }
}

console.log(`${''.padEnd(30)} ${HEADER}`);
for (const [name, series] of Object.entries({
  'traces, each unseen': asRecorded(traces),
  'traces, every week full': everyWeekFull(traces),
  'traces, full one week in ten': withQuota(traces, 0.9),
})) {
  const scores = series.map(({ rows }, i) => scoreSeries(unseen[i] ?? rhythm(), rows));
  print(
    name,
    scores,
    series.map(({ rows }) => rows),
  );
}
for (const [n, name] of Object.keys(RHYTHMS).entries()) {
  const rows = Array.from({ length: Number(count) }, (_, k) => makeRhythm(name, Number(seed) * 100_000 + n * 1000 + k));
  print(
    `made-up: ${name}`,
    rows.map((series) => scoreSeries(rhythm(), series)),
    rows,
  );
}
