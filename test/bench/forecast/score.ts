import { isKnown, type Method } from '../../../exporter/src/forecast/method.ts';
import { quantile } from './demand.ts';
import { pointOf } from './replay.ts';
import { HOUR_STEPS, type Row, WEEK_MS } from './trace.ts';

const HOUR_MS = 3_600_000;
const ALARM_PROBABILITY = 0.7;
/** Assumed where a method knows nothing: the share of windows that run out. */
const UNKNOWN = 0.38;

/** The figures of one series. */
export interface SeriesScore {
  readonly squares: readonly number[];
  readonly errorHours: readonly number[];
  readonly inside: readonly boolean[];
  readonly leadHours: readonly number[];
  readonly exhausted: number;
  readonly missed: number;
  readonly healthy: number;
  readonly falseAlarms: number;
}

/**
 * Scores a method on a series: at every full hour, twelve hours into the window, between 5 and 100 %. An alarm is a
 * probability of 0.7 held for an hour.
 */
export function scoreSeries<Memory>(method: Method<Memory>, rows: readonly Row[]): SeriesScore {
  const score = {
    squares: [] as number[],
    errorHours: [] as number[],
    inside: [] as boolean[],
    leadHours: [] as number[],
    exhausted: 0,
    missed: 0,
    healthy: 0,
    falseAlarms: 0,
  };
  let memory = method.start;
  let since: number | undefined;
  let firedAt: number | undefined;
  rows.forEach((row, i) => {
    memory = method.observe(memory, pointOf(row));
    const { at, percent, resetsAt, exhaustsAt } = row;
    const ranOut = exhaustsAt < resetsAt;
    const elapsed = at - (resetsAt - WEEK_MS);
    if (i % HOUR_STEPS === 0 && elapsed >= 12 * HOUR_MS && percent >= 5 && percent < 100 && at < exhaustsAt) {
      const forecast = method.forecast(memory);
      const known = isKnown(forecast) ? forecast : undefined;
      score.squares.push(((known?.probability ?? UNKNOWN) - Number(ranOut)) ** 2);
      const time = (value = Number.POSITIVE_INFINITY): number => Math.min(value, resetsAt);
      const end = Math.min(exhaustsAt, resetsAt);
      if (ranOut) score.errorHours.push(Math.abs(time(known?.p50) - exhaustsAt) / HOUR_MS);
      score.inside.push(known !== undefined && time(known.p10) <= end && end <= time(known.p90));
      if ((known?.probability ?? 0) >= ALARM_PROBABILITY) {
        since ??= at;
        if (at - since >= HOUR_MS) firedAt ??= at;
      } else since = undefined;
    }
    if (rows[i + 1]?.resetsAt === resetsAt) return;
    if (ranOut) {
      score.exhausted++;
      if (firedAt === undefined) score.missed++;
      else score.leadHours.push((exhaustsAt - firedAt) / HOUR_MS);
    } else {
      score.healthy++;
      if (firedAt !== undefined) score.falseAlarms++;
    }
    since = undefined;
    firedAt = undefined;
  });
  return score;
}

export interface Summary {
  readonly brier: number;
  /** Standard error of the Brier score, by resampling series. */
  readonly brierError: number;
  readonly falseAlarms: number;
  readonly missed: number;
  readonly leadHours: number;
  readonly errorHours: number;
  readonly coverage: number;
}

export function summarize(scores: readonly SeriesScore[]): Summary {
  const total = (count: (score: SeriesScore) => number): number => scores.reduce((sum, score) => sum + count(score), 0);
  const hours = total(({ squares }) => squares.length);
  const brier = total(({ squares }) => squares.reduce((a, b) => a + b, 0)) / hours;
  // Of a ratio of sums: the deviations of the series from what their hours would give.
  const deviations = scores.map(({ squares }) => squares.reduce((a, b) => a + b, 0) - brier * squares.length);
  const n = scores.length;
  return {
    brier,
    brierError: Math.sqrt((n / Math.max(1, n - 1)) * deviations.reduce((a, b) => a + b * b, 0)) / hours,
    falseAlarms: total(({ falseAlarms }) => falseAlarms) / total(({ healthy }) => healthy),
    missed: total(({ missed }) => missed) / total(({ exhausted }) => exhausted),
    leadHours: quantile(
      scores.flatMap(({ leadHours }) => leadHours),
      0.5,
    ),
    errorHours: quantile(
      scores.flatMap(({ errorHours }) => errorHours),
      0.5,
    ),
    coverage: scores.flatMap(({ inside }) => inside).filter(Boolean).length / hours,
  };
}

export const HEADER = 'brier ± error   false alarms   missed   lead      error     coverage';

export function describe({ brier, brierError, falseAlarms, missed, leadHours, errorHours, coverage }: Summary): string {
  const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`);
  const hours = (value: number): string => (Number.isNaN(value) ? '-' : `${value.toFixed(1)} h`);
  return [
    `${brier.toFixed(4)} ± ${brierError.toFixed(4)}`,
    percent(falseAlarms).padStart(11),
    percent(missed).padStart(10),
    hours(leadHours).padStart(8),
    hours(errorHours).padStart(9),
    coverage.toFixed(3).padStart(9),
  ].join(' ');
}
