export const HOUR_MS = 3_600_000;
export const WEEK_HOURS = 168;

/** Utilization of one window at one moment; times are milliseconds since the epoch. */
export interface UsagePoint {
  readonly at: number;
  readonly percent: number;
  readonly resetsAt: number;
}

export const UNKNOWN_REASONS = ['no_reset', 'reset_passed', 'too_early', 'stale'] as const;
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

/** Forecast of one window. Quantiles of the exhaustion time are Infinity where it lies beyond the reset. */
export interface Distribution {
  /** Probability that the window runs out before its reset. */
  readonly probability: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  /** Quantile of the exhaustion time, given that the window runs out before its reset. */
  readonly timeIfExhausted: (quantile: number) => number;
  /** Quantile of the utilization at the reset in percent, at most 100. Methods without a range return one value. */
  readonly percentAtReset: (quantile: number) => number;
}

export type Forecast = Distribution | { readonly unknown: UnknownReason };

export const METHOD_NAMES = ['default', 'linear_6h', 'window_average'] as const;
export type MethodName = (typeof METHOD_NAMES)[number];

/**
 * A forecasting method as pure functions over a bounded memory. The memory is plain JSON, so that it survives restarts.
 * Points are passed in order of time, all windows of one name one after another.
 */
export interface Method<Memory> {
  readonly name: MethodName;
  readonly start: Memory;
  observe(memory: Memory, point: UsagePoint): Memory;
  /** Forecast as of the last point. */
  forecast(memory: Memory): Forecast;
}

export function isKnown(forecast: Forecast): forecast is Distribution {
  return !('unknown' in forecast);
}
