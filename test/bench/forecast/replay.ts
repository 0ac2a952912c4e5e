import type { Method, UsagePoint } from '../../../exporter/src/forecast/method.ts';
import { HOUR_STEPS, type Row, STEP_MS, WEEK_MS } from './trace.ts';

const FIRST_SCORED_MS = 12 * HOUR_STEPS * STEP_MS;
const FIRST_SCORED_PERCENT = 5;

/** A moment at which a forecast counts: a full hour, twelve hours into the window, between 5 and 100 %. */
export interface ScoredMoment<Memory> {
  readonly memory: Memory;
  readonly row: Row;
  readonly index: number;
  /** Index of the window's last row. */
  readonly lastIndex: number;
}

/** Passes the rows to a method and returns its memory at the moments that count. */
export function replay<Memory>(
  method: Pick<Method<Memory>, 'start' | 'observe'>,
  rows: readonly Row[],
): readonly ScoredMoment<Memory>[] {
  const lastIndexes = new Map(rows.map(({ resetsAt }, i) => [resetsAt, i]));
  let memory = method.start;
  return rows.flatMap((row, index) => {
    memory = method.observe(memory, pointOf(row));
    const elapsed = row.at - (row.resetsAt - WEEK_MS);
    const counts =
      index % HOUR_STEPS === 0 &&
      elapsed >= FIRST_SCORED_MS &&
      row.percent >= FIRST_SCORED_PERCENT &&
      row.percent < 100 &&
      row.at < row.exhaustsAt;
    return counts ? [{ memory, row, index, lastIndex: lastIndexes.get(row.resetsAt) ?? index }] : [];
  });
}

export function pointOf({ at, percent, resetsAt }: Row): UsagePoint {
  return { at, percent, resetsAt };
}
