import { type Alarm, type AlarmPolicy, advanceAlarm, NO_ALARM } from './alarm-policy.ts';
import { type Forecast, HOUR_MS, isKnown, type MethodName, type UsagePoint } from './method.ts';

export const OUTCOMES = ['hit', 'missed', 'false_alarm', 'quiet'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Grade of one method in one window. */
export interface Grade {
  readonly method: MethodName;
  readonly resetsAt: number;
  /** Forecasts that counted. */
  readonly forecasts: number;
  /** Mean squared difference between probability and outcome. */
  readonly brier: number;
  readonly outcome: Outcome;
  /** Share of forecasts whose 80 % range contained the outcome. */
  readonly coverage: number;
  /** Median absolute error of the median, only in windows that ran out. "Not before the reset" counts as the reset. */
  readonly errorMs?: number;
  /** From the alarm to the exhaustion. */
  readonly leadMs?: number;
}

/** Probability, p10, p50 and p90 of one forecast; null is "not before the reset". */
export type Graded = readonly [number, number | null, number | null, number | null];

export interface MethodGrading {
  readonly forecasts: readonly Graded[];
  readonly alarm: Alarm;
}

/** Grading of the current window. Plain JSON, bounded. */
export interface Grading {
  readonly exhaustedAt: number | null;
  readonly slot: number;
  readonly methods: Readonly<Partial<Record<MethodName, MethodGrading>>>;
}

export const NEW_GRADING: Grading = { exhaustedAt: null, slot: -1, methods: {} };

const FIRST_PERCENT = 5;
// Of a window of a week: one forecast an hour, the first after twelve hours.
const SLOTS = 168;
const FIRST_SLOT = 12;

/** Records the forecasts at a point: the first one of each hour counts, from the first twelve hours and 5 % on. */
export function recordForecasts(
  grading: Grading,
  point: UsagePoint,
  durationMs: number,
  policy: AlarmPolicy,
  forecasts: () => readonly (readonly [MethodName, Forecast])[],
): Grading {
  if (point.percent >= 100) return { ...grading, exhaustedAt: grading.exhaustedAt ?? point.at };
  const slot = Math.floor((point.at - (point.resetsAt - durationMs)) / (durationMs / SLOTS));
  const counts = grading.exhaustedAt === null && point.percent >= FIRST_PERCENT && slot >= FIRST_SLOT && slot < SLOTS;
  if (!counts || slot <= grading.slot) return grading;
  const methods = { ...grading.methods };
  for (const [name, forecast] of forecasts()) {
    if (!isKnown(forecast)) continue;
    const { forecasts: before = [], alarm = NO_ALARM } = methods[name] ?? {};
    const { probability, p10, p50, p90 } = forecast;
    methods[name] = {
      forecasts: [...before, [probability, orNull(p10), orNull(p50), orNull(p90)]],
      alarm: advanceAlarm(alarm, probability, point.at, policy),
    };
  }
  return { ...grading, slot, methods };
}

/** Grades the finished window that ended with `last`; nothing if nobody saw how it ended. */
export function gradeWindow({ exhaustedAt, methods }: Grading, last: UsagePoint, durationMs: number): readonly Grade[] {
  const unseen = last.resetsAt - last.at;
  if (exhaustedAt === null && unseen > Math.max(HOUR_MS, durationMs / 14)) return [];
  return Object.entries(methods).map(([method, grading]) =>
    gradeMethod(method as MethodName, grading, last.resetsAt, exhaustedAt),
  );
}

function gradeMethod(
  method: MethodName,
  { forecasts, alarm: { firedAt } }: MethodGrading,
  resetsAt: number,
  exhaustedAt: number | null,
): Grade {
  const truth = exhaustedAt === null ? 0 : 1;
  const end = exhaustedAt ?? resetsAt;
  const time = (quantile: number | null): number => Math.min(quantile ?? resetsAt, resetsAt);
  const inside = forecasts.filter(([, p10, , p90]) => time(p10) <= end && end <= time(p90));
  const grade = {
    method,
    resetsAt,
    forecasts: forecasts.length,
    brier: mean(forecasts.map(([probability]) => (probability - truth) ** 2)),
    coverage: inside.length / forecasts.length,
    outcome: outcomeOf(exhaustedAt !== null, firedAt !== null),
  };
  if (exhaustedAt === null) return grade;
  const errorMs = median(forecasts.map(([, , p50]) => Math.abs(time(p50) - exhaustedAt)));
  return { ...grade, errorMs, ...(firedAt === null ? {} : { leadMs: exhaustedAt - firedAt }) };
}

function outcomeOf(exhausted: boolean, alarmed: boolean): Outcome {
  if (exhausted) return alarmed ? 'hit' : 'missed';
  return alarmed ? 'false_alarm' : 'quiet';
}

function orNull(time: number): number | null {
  return Number.isFinite(time) ? Math.round(time) : null;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
