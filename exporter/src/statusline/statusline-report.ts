import type { FieldProblem } from '@repo/common/field-problem';
import { z } from 'zod';
import { MAX_PERCENT, TOP_LEVEL_WINDOWS, type WindowUsage, windowDurationSeconds } from '../usage/windows.ts';

/** The usage in one status line of one account. */
export interface StatuslineReport {
  readonly account: string;
  readonly windows: readonly WindowUsage[];
  /** Problems of the windows that were dropped. */
  readonly problems: readonly FieldProblem[];
}

/** A reset lies at most one window ahead. The tolerance is for a local clock that is behind, by a time zone at worst. */
const CLOCK_TOLERANCE_MS = 24 * 3_600_000;

const percentageSchema = z
  .number('must be a number')
  .min(0, 'must not be negative')
  .max(MAX_PERCENT, `must not be above ${MAX_PERCENT}`);

function windowSchema(window: string, now: number) {
  const latest = now + windowDurationSeconds(window) * 1000 + CLOCK_TOLERANCE_MS;
  return z
    .object(
      {
        // Null at a rollover, until Claude Code knows the next window.
        used_percentage: percentageSchema.nullable(),
        resets_at: z
          .number('must be a number')
          .transform((seconds) => Math.round(seconds * 1000))
          .refine((ms) => ms <= latest, 'is further ahead than the window is long; it must be in seconds since 1970')
          .nullish(),
      },
      'must be an object',
    )
    .nullish()
    .transform((given): WindowUsage[] => {
      const { used_percentage: percent, resets_at: resetsAt } = given ?? {};
      // A status line keeps showing a window that is over until it hears of the next.
      if (typeof percent !== 'number' || (typeof resetsAt === 'number' && resetsAt <= now)) return [];
      return [{ window, percent, ...(typeof resetsAt === 'number' ? { resetsAt } : {}) }];
    });
}

const LIMITS_MESSAGE = 'must be an object with five_hour, seven_day or both';
const REPORT_MESSAGE = 'must be an object with account and rate_limits';

/** A report, with `rate_limits` as Claude Code passes them to status lines. Describes the body in the API's document. */
export const statuslineSchema = z.object({
  account: z.string(),
  rate_limits: z.object(Object.fromEntries(TOP_LEVEL_WINDOWS.map((window) => [window, windowSchema(window, 0)]))),
});

/** Parses a report window by window, so that an invalid window costs that window only. */
export function readStatuslineReport(
  body: unknown,
  accounts: readonly string[],
  now: number,
): StatuslineReport | { readonly problems: readonly FieldProblem[] } {
  const { data, error } = envelopeSchema(accounts).safeParse(body);
  if (error) return { problems: problemsOf(error) };
  const limits = new Map(Object.entries(data.rate_limits));
  const windows: WindowUsage[] = [];
  const problems: FieldProblem[] = [];
  for (const window of TOP_LEVEL_WINDOWS) {
    const parsed = windowSchema(window, now).safeParse(limits.get(window));
    if (parsed.success) windows.push(...parsed.data);
    else problems.push(...problemsOf(parsed.error, ['rate_limits', window]));
  }
  if (windows.length === 0 && problems.length > 0) return { problems };
  return { account: data.account, windows, problems };
}

function envelopeSchema(accounts: readonly string[]) {
  return z.object(
    {
      account: z
        .string('must be the name of an account')
        .refine((name) => accounts.includes(name), `is not configured; the accounts are ${accounts.join(', ')}`),
      rate_limits: z.record(z.string(), z.unknown(), LIMITS_MESSAGE),
    },
    REPORT_MESSAGE,
  );
}

function problemsOf({ issues }: z.ZodError, parent: readonly string[] = []): FieldProblem[] {
  return issues.map(({ path, message }) => ({ path: [...parent, ...path.map(String)].join('.'), message }));
}
