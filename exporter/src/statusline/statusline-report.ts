import type { FieldProblem } from '@repo/common/field-problem';
import { z } from 'zod';
import type { WindowUsage } from '../usage/usage-body.ts';
import { MAX_PERCENT, SESSION_WINDOW, WEEKLY_WINDOW, windowDurationSeconds } from '../usage/windows.ts';

/** What one status line reports of one account. */
export interface StatuslineReport {
  readonly account: string;
  readonly windows: readonly WindowUsage[];
}

/** A reset lies at most one window's length ahead; the rest is for clocks that differ. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

const percentageSchema = z
  .number('must be a number')
  .min(0, 'must not be negative')
  .max(MAX_PERCENT, `must not be above ${MAX_PERCENT}`);

function windowSchema(window: string, now: number) {
  const latest = now + windowDurationSeconds(window) * 1000 + CLOCKS_DIFFER_MS;
  return z
    .object(
      {
        used_percentage: percentageSchema,
        resets_at: z
          .number('must be a number')
          .transform((seconds) => seconds * 1000)
          .refine((ms) => ms <= latest, 'is further ahead than the window is long; it must be seconds since 1970')
          .nullish(),
      },
      'must be an object',
    )
    .nullish()
    .transform((given): WindowUsage[] => {
      // A status line goes on showing a window that is over until it hears of the next.
      if (!given || (typeof given.resets_at === 'number' && given.resets_at <= now)) return [];
      const { used_percentage: percent, resets_at } = given;
      return [{ window, percent, ...(typeof resets_at === 'number' ? { resetsAt: resets_at } : {}) }];
    });
}

/** A report: `rate_limits` are as Claude Code gives them to status lines. */
export function statuslineSchema(accounts: readonly string[], now: number) {
  return z.object(
    {
      account: z
        .string('must be the name of an account')
        .refine((name) => accounts.includes(name), `is not configured; there are ${accounts.join(', ')}`),
      rate_limits: z.object(
        {
          [SESSION_WINDOW]: windowSchema(SESSION_WINDOW, now),
          [WEEKLY_WINDOW]: windowSchema(WEEKLY_WINDOW, now),
        },
        'must be an object with five_hour, seven_day or both',
      ),
    },
    'must be an object with account and rate_limits',
  );
}

/** Reads a report, or says all that is wrong with it. */
export function readStatuslineReport(
  body: unknown,
  accounts: readonly string[],
  now: number,
): StatuslineReport | { readonly problems: readonly FieldProblem[] } {
  const { data, error } = statuslineSchema(accounts, now).safeParse(body);
  if (error) {
    return { problems: error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })) };
  }
  return { account: data.account, windows: [...data.rate_limits.five_hour, ...data.rate_limits.seven_day] };
}
