import type { RhythmMemory } from '../../../exporter/src/forecast/rhythm/memory.ts';
import { situationOf, TERMS, termsOf } from '../../../exporter/src/forecast/rhythm/terms.ts';
import { usualAhead } from '../../../exporter/src/forecast/rhythm/usual-ahead.ts';
import type { ScoredMoment } from './replay.ts';
import type { Examples } from './ridge-logistic.ts';
import { HOUR_STEPS, type Row, STEP_MS } from './trace.ts';

const HOUR_MS = HOUR_STEPS * STEP_MS;
const HORIZON_HOURS = [1, 3, 6, 12, 24, 48, 96];
const AMOUNTS = [1, 2, 4, 8, 15, 25, 40, 60, 90];

/**
 * Asks of every n-th moment whether the use of the next hours reaches an amount. Up to what is left of the window the
 * answer is never hidden, so there are many more answers than windows.
 */
export function examplesOf(
  rows: readonly Row[],
  moments: readonly ScoredMoment<RhythmMemory>[],
  every: number,
  factor: number,
): Examples {
  const x: number[] = [];
  const y: number[] = [];
  const weight: number[] = [];
  for (const { memory, row, index, lastIndex } of moments.filter((_, n) => n % every === 0)) {
    const situation = situationOf(memory, row.at);
    const usual = usualAhead(memory, row.at, row.resetsAt);
    const left = (row.resetsAt - row.at) / HOUR_MS;
    const need = 100 - row.percent;
    for (const hours of [...HORIZON_HOURS.filter((horizon) => horizon < left), left]) {
      const isEnd = hours === left;
      const until = rows[isEnd ? lastIndex : Math.min(lastIndex, index + HOUR_STEPS * hours)] ?? row;
      const expected = usual[isEnd ? usual.length - 1 : hours - 1] ?? 0;
      for (const amount of [...AMOUNTS.filter((some) => some < need), need]) {
        const isRunOut = isEnd && amount === need;
        const reached = isRunOut ? row.exhaustsAt < row.resetsAt : until.percent - row.percent >= amount;
        x.push(...termsOf(situation, expected, hours, amount));
        y.push(reached ? 1 : 0);
        weight.push(factor * (amount === need ? (isEnd ? 4 : 1.5) : isEnd ? 2 : 1));
      }
    }
  }
  return { x: Float32Array.from(x), y: Float32Array.from(y), weight: Float32Array.from(weight) };
}

export const COLUMNS = TERMS.length;
