import { property, type RateLimits, toRateLimit } from '../report/rate-limits.ts';

/** The windows that Claude Code passes to status lines. */
const WINDOWS = ['five_hour', 'seven_day'] as const;

/**
 * Reads `rate_limits` of the JSON that Claude Code passes to status lines. All of it is optional there: it is missing
 * before the first response of a session, and for users who pay by use. Anything unexpected counts as missing.
 */
export function readRateLimits(input: unknown): RateLimits {
  const limits = property(input, 'rate_limits');
  return Object.fromEntries(
    WINDOWS.flatMap((window) => {
      const given = property(limits, window);
      const limit = toRateLimit(property(given, 'used_percentage'), property(given, 'resets_at'));
      return limit ? [[window, limit]] : [];
    }),
  );
}
