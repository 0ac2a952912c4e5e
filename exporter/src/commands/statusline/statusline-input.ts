/** A window as Claude Code gives it to status lines, with what could not be read left out. */
export interface RateLimit {
  /** 0 to 100, and above where more was used than the limit. */
  readonly used_percentage: number;
  /** Seconds since the epoch. */
  readonly resets_at?: number;
}

export interface RateLimits {
  readonly five_hour?: RateLimit;
  readonly seven_day?: RateLimit;
}

/** Any later time is none that the calendar knows. */
const LAST_SECOND = 8.64e12;

/**
 * Reads `rate_limits` of the JSON that Claude Code gives to status lines. All of it is optional there: it is missing
 * before the first answer of a session, and for those who pay by use. Anything unexpected counts as missing.
 */
export function readRateLimits(input: unknown): RateLimits {
  const limits = property(input, 'rate_limits');
  const five_hour = readRateLimit(property(limits, 'five_hour'));
  const seven_day = readRateLimit(property(limits, 'seven_day'));
  return { ...(five_hour ? { five_hour } : {}), ...(seven_day ? { seven_day } : {}) };
}

function readRateLimit(value: unknown): RateLimit | undefined {
  const percentage = property(value, 'used_percentage');
  if (!isAmount(percentage)) return undefined;
  const resetsAt = property(value, 'resets_at');
  return {
    used_percentage: percentage,
    ...(isAmount(resetsAt) && resetsAt <= LAST_SECOND ? { resets_at: resetsAt } : {}),
  };
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function property(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
