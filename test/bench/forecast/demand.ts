import { createRandom } from './random.ts';
import { type Row, STEP_MS, WEEK_STEPS } from './trace.ts';

/** Use per five minutes, in any unit, whole weeks from `first` on. */
export interface Demand {
  readonly use: Float64Array;
  readonly first: number;
}

// Hidden use is filled in blocks of six hours.
const BLOCK = 72;

/** Recovers the demand behind a trace. What a full window hides is taken from another week, same hours. */
export function demandOf(rows: readonly Row[], seed: number): Demand {
  const random = createRandom(seed);
  const weeks = Math.round(rows.length / WEEK_STEPS);
  const first = (rows[0]?.resetsAt ?? 0) - WEEK_STEPS * STEP_MS;
  const { shown, hidden } = visibleUse(rows, first, weeks * WEEK_STEPS);
  const use = Float64Array.from(shown);
  for (let week = 0; week < weeks; week++) {
    for (let offset = 0; offset < WEEK_STEPS; offset += BLOCK) {
      const isVisible = (other: number): boolean =>
        !hidden.subarray(other * WEEK_STEPS + offset, other * WEEK_STEPS + offset + BLOCK).includes(1);
      const donors = range(weeks).filter((other) => other !== week && isVisible(other));
      const donor = donors.length > 0 ? (donors[Math.floor(random.uniform() * donors.length)] ?? week) : week;
      for (let k = week * WEEK_STEPS + offset; k < week * WEEK_STEPS + offset + BLOCK; k++) {
        if (hidden[k]) use[k] = shown[k + (donor - week) * WEEK_STEPS] ?? 0;
      }
    }
  }
  return { use, first };
}

function visibleUse(rows: readonly Row[], first: number, length: number): { shown: Float64Array; hidden: Uint8Array } {
  const shown = new Float64Array(length);
  const hidden = new Uint8Array(length);
  rows.forEach((row, i) => {
    const k = Math.round((row.at - first) / STEP_MS) - 1;
    const before = rows[i - 1];
    const same = before?.resetsAt === row.resetsAt ? before : undefined;
    if (k < 0 || k >= length) return;
    shown[k] = (shown[k] ?? 0) + Math.max(0, row.percent - (same?.percent ?? 0));
    hidden[k] = same && same.percent >= 100 ? 1 : 0;
  });
  return { shown, hidden };
}

export function weeklyTotals(use: Float64Array): readonly number[] {
  return range(use.length / WEEK_STEPS).map((week) =>
    use.subarray(week * WEEK_STEPS, (week + 1) * WEEK_STEPS).reduce((sum, value) => sum + value, 0),
  );
}

export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

export function range(length: number): readonly number[] {
  return Array.from({ length }, (_, k) => k);
}

/** Returns the weekly window that this demand makes under a quota, as whole percents per five minutes. */
export function rowsOf({ use, first }: Demand, quota: number): readonly Row[] {
  const weeks = use.length / WEEK_STEPS;
  return range(weeks).flatMap((week) => {
    const start = first + week * WEEK_STEPS * STEP_MS;
    const resetsAt = start + WEEK_STEPS * STEP_MS;
    const percents: number[] = week === 0 ? [] : [0];
    let sum = 0;
    let exhaustsAt = Number.POSITIVE_INFINITY;
    for (let k = 0; k < WEEK_STEPS; k++) {
      sum += use[week * WEEK_STEPS + k] ?? 0;
      if (sum >= quota && exhaustsAt === Number.POSITIVE_INFINITY) exhaustsAt = start + (k + 1) * STEP_MS;
      if (k < WEEK_STEPS - 1) percents.push(Math.min(100, Math.floor((100 * sum) / quota + 1e-9)));
    }
    const from = week === 0 ? start + STEP_MS : start;
    return percents.map((percent, k) => ({ at: from + k * STEP_MS, percent, resetsAt, exhaustsAt }));
  });
}
