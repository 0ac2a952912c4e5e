import { type Demand, demandOf, quantile, range, rowsOf, weeklyTotals } from './demand.ts';
import { createRandom } from './random.ts';
import { type Row, STEP_MS, type Trace, WEEK_STEPS } from './trace.ts';

/** A made series, and the traces that it was made of: leaving one of them out leaves out the series. */
export interface Series {
  readonly rows: readonly Row[];
  readonly members: readonly number[];
}

// Weeks run out as often as those of the traces.
export const TYPICAL_QUOTA = 0.62;
const MIN_QUOTA = 8;

export function asRecorded(traces: readonly Trace[]): readonly Series[] {
  return traces.map(({ weekly }, i) => ({ rows: weekly, members: [i] }));
}

/** The traces with a quota at a quantile of weekly use; beyond 1, that multiple of the heaviest week. */
export function withQuota(traces: readonly Trace[], share: number): readonly Series[] {
  return traces.map(({ weekly, name }, i) => {
    const demand = demandOf(weekly, 7 + Number(name));
    const totals = weeklyTotals(demand.use);
    const quota = share > 1 ? Math.max(...totals) * share : quantile(totals, share);
    return { rows: rowsOf(demand, Math.max(MIN_QUOTA, quota)), members: [i] };
  });
}

/** The traces with the lighter half of their weeks replaced by heavier ones, and a quota below all of them. */
export function everyWeekFull(traces: readonly Trace[]): readonly Series[] {
  return traces.map(({ weekly, name }, i) => {
    const { use, first } = demandOf(weekly, 11 + Number(name));
    const random = createRandom(341 + Number(name));
    const totals = weeklyTotals(use);
    const middle = quantile(totals, 0.5);
    const heavier = range(totals.length).filter((week) => (totals[week] ?? 0) >= middle);
    const weeks = totals.map((total, week) =>
      total < middle ? (heavier[Math.floor(random.uniform() * heavier.length)] ?? week) : week,
    );
    const replaced = new Float64Array(use.length);
    weeks.forEach((from, to) => {
      replaced.set(use.subarray(from * WEEK_STEPS, (from + 1) * WEEK_STEPS), to * WEEK_STEPS);
    });
    const least = Math.min(...weeks.map((week) => totals[week] ?? 0));
    return { rows: rowsOf({ use: replaced, first }, least * 0.9), members: [i] };
  });
}

interface TeamOptions {
  readonly share?: number;
  readonly shifts?: readonly number[];
  /** Number of series, each beginning with another trace. */
  readonly count?: number;
}

/**
 * Sums of several traces, which are steadier: teams. `shifts` repeats each member with its clock shifted by so many
 * hours, for use that hardly ever pauses.
 */
export function teams(
  traces: readonly Trace[],
  offsets: readonly number[],
  { share = TYPICAL_QUOTA, shifts = [0], count = traces.length }: TeamOptions = {},
): readonly Series[] {
  return range(count).map((i) => {
    const members = offsets.map((offset) => (i + offset) % traces.length);
    const demand = sumOf(
      members.map((member) => demandOf(traces[member]?.weekly ?? [], 5 + member)),
      shifts,
    );
    return { rows: rowsOf(demand, quantile(weeklyTotals(demand.use), share)), members };
  });
}

// Each member's use weighs the same, and the clocks of their weeks are aligned to the first one's.
function sumOf(parts: readonly Demand[], shifts: readonly number[]): Demand {
  const first = parts[0]?.first ?? 0;
  const length = parts[0]?.use.length ?? 0;
  const use = new Float64Array(length);
  parts.forEach((part, p) => {
    const total = part.use.reduce((sum, value) => sum + value, 0);
    const aligned = ((Math.round((first - part.first) / STEP_MS) % WEEK_STEPS) + WEEK_STEPS) % WEEK_STEPS;
    shifts.forEach((hours, s) => {
      // Members of one shift are a few hours apart as well.
      const shift = aligned + 12 * (hours + (shifts.length > 1 ? p * 3 + s : 0));
      for (let k = 0; k < length; k++) use[k] = (use[k] ?? 0) + ((part.use[(k + shift) % length] ?? 0) * 1000) / total;
    });
  });
  return { use, first };
}
