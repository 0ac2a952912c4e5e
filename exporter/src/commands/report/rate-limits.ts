import { MAX_PERCENT, type WindowName } from '../../usage/windows.ts';

/** Usage of one window in the format of status lines. */
export interface RateLimit {
  /** 0 to 100, or more if more than the limit was used. */
  readonly used_percentage: number;
  /** Seconds since the epoch. */
  readonly resets_at?: number;
}

/** Usage by window; a window that could not be read is absent. */
export type RateLimits = Readonly<Partial<Record<WindowName, RateLimit>>>;

/** A later time in seconds lies beyond the year 5000, so it is one in milliseconds. */
const MAX_SECONDS = 1e11;

/** Returns the rate limit with these unchecked parts; `undefined` without a plausible percentage. */
export function toRateLimit(percentage: unknown, resetsAt: unknown): RateLimit | undefined {
  if (!isAmount(percentage) || percentage > MAX_PERCENT) return undefined;
  const seconds = toSeconds(resetsAt);
  return { used_percentage: percentage, ...(seconds === undefined ? {} : { resets_at: seconds }) };
}

/** Returns a property of a value that may be anything. */
export function property(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function toSeconds(time: unknown): number | undefined {
  const given = typeof time === 'string' ? Date.parse(time) : time;
  if (!isAmount(given)) return undefined;
  const seconds = given > MAX_SECONDS ? given / 1000 : given;
  return seconds > MAX_SECONDS ? undefined : seconds;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
