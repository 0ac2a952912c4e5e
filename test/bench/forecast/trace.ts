import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const STEP_MS = 300_000;
export const HOUR_STEPS = 12;
export const WEEK_STEPS = 2016;
export const WEEK_MS = WEEK_STEPS * STEP_MS;
const TRACES = join(import.meta.dirname, 'traces');

/** One poll of a window, with the truth: when the window ran out, or Infinity. Times are in milliseconds. */
export interface Row {
  readonly at: number;
  readonly percent: number;
  readonly resetsAt: number;
  readonly exhaustsAt: number;
}

export interface Trace {
  readonly name: string;
  readonly weekly: readonly Row[];
  readonly fiveHour: readonly Row[];
}

/** Loads the traces of real activity. The files have the rows in which something changed, of one row per five minutes. */
export function loadTraces(): readonly Trace[] {
  return readdirSync(TRACES)
    .filter((file) => file.endsWith('.csv.gz'))
    .sort()
    .map((file) => ({
      name: file.replace('.csv.gz', ''),
      ...parseTrace(gunzipSync(readFileSync(join(TRACES, file))).toString()),
    }));
}

function parseTrace(text: string): Omit<Trace, 'name'> {
  const [, ...lines] = text.trim().split('\n');
  const cells = lines.map((line) => line.split(',').map((cell) => (cell === '' ? Number.NaN : Number(cell) * 1000)));
  const all = cells.flatMap((row, k) => {
    const [from = 0] = row;
    const [until = from + STEP_MS] = cells[k + 1] ?? [];
    return Array.from({ length: (until - from) / STEP_MS }, (_, n) => [from + n * STEP_MS, ...row.slice(1)]);
  });
  return { weekly: all.flatMap((row) => rowOf(row, 1)), fiveHour: all.flatMap((row) => rowOf(row, 4)) };
}

function rowOf(cells: readonly number[], from: number): Row[] {
  const [percent = Number.NaN, resetsAt = Number.NaN, exhaustsAt = Number.NaN] = cells.slice(from);
  if (Number.isNaN(resetsAt)) return [];
  const exhausted = Number.isNaN(exhaustsAt) ? Number.POSITIVE_INFINITY : exhaustsAt;
  return [{ at: cells[0] ?? 0, percent: percent / 1000, resetsAt, exhaustsAt: exhausted }];
}
