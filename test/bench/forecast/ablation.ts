// Asks whether the five-hour window would help the forecast of the week: it shows the use of the last hours up to ten
// times finer. Prints the score with whole percents and with the finer values, by the shipped coefficients.
import { rhythm } from '../../../exporter/src/forecast/methods/rhythm.ts';
import { describe, HEADER, scoreSeries, summarize } from './score.ts';
import { loadTraces, type Row, type Trace } from './trace.ts';

/** The week's utilization with a fraction: what five-hour windows showed since its last whole step. */
function refine({ weekly, fiveHour }: Trace): readonly Row[] {
  const fine = new Map(fiveHour.map((row) => [row.at, row]));
  const steps = (rows: readonly Row[]): number =>
    rows.reduce((sum, row, i) => sum + Math.max(0, row.percent - (sameWindow(rows[i - 1], row)?.percent ?? 0)), 0);
  const scale = steps(weekly) / steps(fiveHour);
  let fraction = 0;
  return weekly.map((row, i) => {
    const before = weekly[i - 1];
    const [now, last] = [fine.get(row.at), before && fine.get(before.at)];
    const used = now ? Math.max(0, now.percent - (sameWindow(last, now)?.percent ?? 0)) * scale : 0;
    fraction = before?.percent === row.percent ? Math.min(0.99, fraction + used) : 0;
    return { ...row, percent: row.percent >= 100 ? row.percent : Math.min(99.99, row.percent + fraction) };
  });
}

function sameWindow(before: Row | undefined, row: Row): Row | undefined {
  return before?.resetsAt === row.resetsAt ? before : undefined;
}

const traces = loadTraces();
console.log(`${''.padEnd(24)} ${HEADER}`);
for (const [name, rowsOf] of Object.entries({
  'whole percents': (trace: Trace) => trace.weekly,
  'with five-hour windows': refine,
})) {
  console.log(`${name.padEnd(24)} ${describe(summarize(traces.map((trace) => scoreSeries(rhythm(), rowsOf(trace)))))}`);
}
