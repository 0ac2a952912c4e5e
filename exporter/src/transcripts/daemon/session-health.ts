import type { SessionSummary } from './session-summary.ts';

/** Limits from which a session is better ended. */
export interface HealthLimits {
  /** Tokens of the last prompt. */
  readonly context: number;
  /** Least share of the prompts' tokens that was read from the cache. */
  readonly cacheHits: number;
  /** Tokens a message, cache reads included. */
  readonly tokensPerTurn: number;
  readonly ageMs: number;
}

export const DEFAULT_LIMITS: HealthLimits = {
  context: 150_000,
  cacheHits: 0.4,
  tokensPerTurn: 60_000,
  ageMs: 3 * 3_600_000,
};

const HEALTH_WARNINGS = ['context', 'cache_hits', 'tokens_per_turn', 'age'] as const;
export type HealthWarning = (typeof HEALTH_WARNINGS)[number];

const ADVICE: Readonly<Record<HealthWarning, string>> = {
  context: 'Start a new session or run /compact: each message sends a long context again.',
  cache_hits: 'Few prompts are read from the cache: long pauses or edits of early files make it expire.',
  tokens_per_turn: 'Messages are heavy: start a new session for the next task.',
  age: 'The session is old: start a new one when the current task is done.',
};

/** Weights of the grade's parts; they add up to 100. */
const WEIGHTS = { cacheHits: 40, reuse: 25, cost: 20, output: 15 } as const;
/** Values that earn a part in full. */
const FULL = { cacheHits: 0.9, reuse: 10, cost: 0.75 } as const;
const OUTPUT_FULL = 1000;
const OUTPUT_NONE = 4000;

export interface SessionHealth {
  readonly warnings: readonly HealthWarning[];
  readonly advice: string;
  readonly context: number;
  /** Absent without prompts. */
  readonly cacheHits: number | undefined;
  readonly tokensPerTurn: number;
  readonly ageMs: number;
  readonly grade: Grade;
}

export interface Grade {
  /** 0 to 100. */
  readonly score: number;
  readonly letter: 'A' | 'B' | 'C' | 'D' | 'F';
}

export function sessionHealth(
  session: SessionSummary,
  now: number,
  limits: HealthLimits = DEFAULT_LIMITS,
): SessionHealth {
  const { totals, context, startedAt } = session;
  const prompt = totals.input + totals.cacheRead + totals.cacheWrite;
  const cacheHits = prompt > 0 ? totals.cacheRead / prompt : undefined;
  const tokensPerTurn = totals.messages > 0 ? totals.tokens / totals.messages : 0;
  const ageMs = Number.isFinite(startedAt) ? Math.max(0, now - startedAt) : 0;
  const isWarned: Record<HealthWarning, boolean> = {
    context: context > limits.context,
    cache_hits: cacheHits !== undefined && cacheHits < limits.cacheHits,
    tokens_per_turn: tokensPerTurn > limits.tokensPerTurn,
    age: ageMs > limits.ageMs,
  };
  const warnings = HEALTH_WARNINGS.filter((warning) => isWarned[warning]);
  const [first] = warnings;
  const advice = first ? ADVICE[first] : 'Nothing to do.';
  return { warnings, advice, context, cacheHits, tokensPerTurn, ageMs, grade: gradeOf(session) };
}

/**
 * Grades how well a session uses what it pays for: the share of prompts read from the cache, how often what was written
 * to the cache is reused, how much less that costs than without a cache, and how short the answers are.
 */
function gradeOf({ totals }: Pick<SessionSummary, 'totals'>): Grade {
  const { input, output, cacheRead, cacheWrite, messages } = totals;
  const prompt = input + cacheRead + cacheWrite;
  const part = (value: number, full: number) => Math.max(0, Math.min(1, value / full));
  const hits = prompt > 0 ? part(cacheRead / prompt, FULL.cacheHits) : 0;
  const reuse = cacheWrite > 0 ? part(cacheRead / cacheWrite, FULL.reuse) : Number(cacheRead > 0);
  // In units of the input price: reads cost a tenth, writes a quarter more; models differ little in that.
  const saved = prompt > 0 ? part(1 - (input + cacheRead / 10 + cacheWrite * 1.25) / prompt, FULL.cost) : 0;
  const perMessage = messages > 0 ? output / messages : 0;
  const brevity = part(OUTPUT_NONE - perMessage, OUTPUT_NONE - OUTPUT_FULL);
  const score = Math.round(
    hits * WEIGHTS.cacheHits + reuse * WEIGHTS.reuse + saved * WEIGHTS.cost + brevity * WEIGHTS.output,
  );
  const letter = score >= 85 ? 'A' : score >= 70 ? 'B' : score >= 55 ? 'C' : score >= 40 ? 'D' : 'F';
  return { score, letter };
}
