import { z } from 'zod';
import { type Grade, OUTCOMES, type Outcome } from './grading.ts';
import { METHOD_NAMES, type MethodName } from './method.ts';

/** Upper bounds of the error histogram in seconds: a quarter of an hour to four days. */
export const ERROR_BUCKETS = [900, 3600, 14_400, 43_200, 86_400, 172_800, 345_600] as const;

const methodSummarySchema = z.object({
  windows: z.number(),
  brierSum: z.number(),
  outcomes: z.record(z.enum(OUTCOMES), z.number()),
  /** Counts per bucket, not cumulative; the last one is beyond all bounds. */
  errorCounts: z.array(z.number()).length(ERROR_BUCKETS.length + 1),
  errorSumSeconds: z.number(),
});

export const gradeSummarySchema = z.object({
  /** The last window that was graded, so that a replay counts none twice. */
  gradedUntil: z.number(),
  methods: z.partialRecord(z.enum(METHOD_NAMES), methodSummarySchema),
});

/** Grades of one method over all finished windows. */
export type MethodSummary = z.infer<typeof methodSummarySchema>;
/** Grades of all methods of one window name. */
export type GradeSummary = z.infer<typeof gradeSummarySchema>;

export const NO_GRADES: GradeSummary = { gradedUntil: 0, methods: {} };

const NEW_METHOD: MethodSummary = {
  windows: 0,
  brierSum: 0,
  outcomes: { hit: 0, missed: 0, false_alarm: 0, quiet: 0 },
  errorCounts: Array.from({ length: ERROR_BUCKETS.length + 1 }, () => 0),
  errorSumSeconds: 0,
};

/** Adds the grades of finished windows. Windows that are in the summary already are left out. */
export function addGrades(summary: GradeSummary, grades: readonly Grade[]): GradeSummary {
  const fresh = grades.filter(({ resetsAt }) => resetsAt > summary.gradedUntil);
  if (fresh.length === 0) return summary;
  const methods: Partial<Record<MethodName, MethodSummary>> = { ...summary.methods };
  for (const grade of fresh) methods[grade.method] = addGrade(methods[grade.method] ?? NEW_METHOD, grade);
  return { gradedUntil: Math.max(...fresh.map(({ resetsAt }) => resetsAt)), methods };
}

function addGrade(summary: MethodSummary, { brier, outcome, errorMs }: Grade): MethodSummary {
  const errorSeconds = errorMs === undefined ? undefined : errorMs / 1000;
  const bucket = errorSeconds === undefined ? -1 : bucketOf(errorSeconds);
  return {
    windows: summary.windows + 1,
    brierSum: summary.brierSum + brier,
    outcomes: { ...summary.outcomes, [outcome]: outcomeCount(summary, outcome) + 1 },
    errorCounts: summary.errorCounts.map((count, k) => (k === bucket ? count + 1 : count)),
    errorSumSeconds: summary.errorSumSeconds + (errorSeconds ?? 0),
  };
}

export function outcomeCount({ outcomes }: MethodSummary, outcome: Outcome): number {
  return outcomes[outcome];
}

function bucketOf(seconds: number): number {
  const bucket = ERROR_BUCKETS.findIndex((bound) => seconds <= bound);
  return bucket < 0 ? ERROR_BUCKETS.length : bucket;
}
