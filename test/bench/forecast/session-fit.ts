import { observe, type SessionMemory, START } from '../../../exporter/src/forecast/session/memory.ts';
import { situationOf, TERMS, termsOf } from '../../../exporter/src/forecast/session/terms.ts';
import { pointOf } from './replay.ts';
import { type Examples, fitLogistic } from './ridge-logistic.ts';
import { HOUR_STEPS, type Row, type Trace } from './trace.ts';

const HORIZON_STEPS = [3, 6, 12, 24, 48];
const AMOUNTS = [2, 5, 10, 20, 40, 60, 90];
const EVERY = 3;

/** A moment at which a five-hour forecast counts. */
export interface SessionMoment {
  readonly memory: SessionMemory;
  readonly row: Row;
  readonly index: number;
  readonly lastIndex: number;
}

/** The first twentieth of the window and utilization below 5 % do not count. */
function sessionMoments(rows: readonly Row[]): readonly SessionMoment[] {
  const lastIndexes = new Map(rows.map(({ resetsAt }, i) => [resetsAt, i]));
  let memory = START;
  return rows.flatMap((row, index) => {
    memory = observe(memory, pointOf(row));
    const left = row.resetsAt - row.at;
    const counts = row.percent >= 5 && row.percent < 100 && left > 0 && left <= 4.65 * 3_600_000;
    return counts ? [{ memory, row, index, lastIndex: lastIndexes.get(row.resetsAt) ?? index }] : [];
  });
}

/** Prepares the training data once; the returned function fits the coefficients, without one trace if it is given. */
export function prepareSessionFit(traces: readonly Trace[]): (without?: number) => readonly number[] {
  const sets = traces.map(({ fiveHour }) => examplesOf(fiveHour));
  return (without) =>
    fitLogistic(
      sets.filter((_, i) => i !== without),
      TERMS.length,
    ).map((coefficient) => Math.round(coefficient * 1000) / 1000);
}

function examplesOf(rows: readonly Row[]): Examples {
  const x: number[] = [];
  const y: number[] = [];
  const weight: number[] = [];
  for (const { memory, row, index, lastIndex } of sessionMoments(rows).filter((_, n) => n % EVERY === 0)) {
    const situation = situationOf(memory, row.at, row.percent, row.resetsAt);
    const left = lastIndex - index + 1;
    const need = 100 - row.percent;
    for (const steps of [...HORIZON_STEPS.filter((horizon) => horizon < left), left]) {
      const isEnd = steps === left;
      const until = rows[Math.min(lastIndex, index + steps)] ?? row;
      const hours = isEnd ? (row.resetsAt - row.at) / 3_600_000 : steps / HOUR_STEPS;
      for (const amount of [...AMOUNTS.filter((some) => some < need), need]) {
        const isRunOut = isEnd && amount === need;
        x.push(...termsOf(situation, hours, amount));
        y.push((isRunOut ? row.exhaustsAt < row.resetsAt : until.percent - row.percent >= amount) ? 1 : 0);
        weight.push(amount === need ? (isEnd ? 4 : 1.5) : isEnd ? 2 : 1);
      }
    }
  }
  return { x: Float32Array.from(x), y: Float32Array.from(y), weight: Float32Array.from(weight) };
}
