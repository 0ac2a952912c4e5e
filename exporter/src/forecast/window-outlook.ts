import type { WindowUsage } from '../usage/usage-body.ts';
import type { WindowName } from '../usage/windows.ts';
import type { GradeSummary } from './grade-summary.ts';
import {
  type Distribution,
  type Forecast,
  isKnown,
  type MethodName,
  type UnknownReason,
  type UsagePoint,
} from './method.ts';

/** Forecasts of one window of an account, as of its last point. */
export interface WindowOutlook {
  readonly window: WindowName;
  readonly point: UsagePoint;
  /** The default method first. */
  readonly forecasts: readonly (readonly [MethodName, Forecast])[];
  readonly grades: GradeSummary;
}

/** Forecasts of one window as readers see them at one moment. */
export interface WindowForecast {
  readonly window: WindowName;
  readonly grades?: GradeSummary;
  /** Present when the default method knows nothing. */
  readonly unknown?: UnknownReason;
  readonly point?: UsagePoint;
  /** Only the methods that know something. */
  readonly known: readonly (readonly [MethodName, Distribution])[];
}

/** Returns the forecasts of the current windows, and of those that are too old to be current. */
export function viewForecasts(
  windows: readonly WindowUsage[],
  outlooks: readonly WindowOutlook[],
  now: number,
): readonly WindowForecast[] {
  const current = windows.map((usage) =>
    viewWindow(
      usage,
      outlooks.find(({ window }) => window === usage.window),
      now,
    ),
  );
  const stale = outlooks
    .filter(({ window }) => !windows.some((usage) => usage.window === window))
    .map(({ window, grades }): WindowForecast => ({ window, grades, unknown: 'stale', known: [] }));
  return [...current, ...stale];
}

function viewWindow(
  { window, resetsAt }: WindowUsage,
  outlook: WindowOutlook | undefined,
  now: number,
): WindowForecast {
  const grades = outlook ? { grades: outlook.grades } : {};
  const unknown = (reason: UnknownReason): WindowForecast => ({ window, ...grades, unknown: reason, known: [] });
  if (resetsAt === undefined) return unknown('no_reset');
  if (resetsAt <= now) return unknown('reset_passed');
  if (!outlook) return unknown('too_early');
  const { point, forecasts } = outlook;
  // The points end with a window before this one.
  if (point.resetsAt <= now) return unknown('too_early');
  const byDefault = forecasts.find(([method]) => method === 'default')?.[1];
  return {
    window,
    ...grades,
    point,
    known: forecasts.flatMap(([method, forecast]) => (isKnown(forecast) ? [[method, forecast] as const] : [])),
    ...(byDefault && !isKnown(byDefault) ? { unknown: byDefault.unknown } : {}),
  };
}

export function defaultForecast({ known }: WindowForecast): Distribution | undefined {
  return known.find(([method]) => method === 'default')?.[1];
}

/** Returns the window that is most likely to stop the account: the likeliest to run out, and of these the first. */
export function firstToRunOut(forecasts: readonly WindowForecast[]): WindowForecast | undefined {
  const chances = forecasts.filter((forecast) => defaultForecast(forecast) !== undefined);
  return chances.toSorted((a, b) => {
    const [first, second] = [defaultForecast(a), defaultForecast(b)];
    const byChance = Math.round(100 * (second?.probability ?? 0)) - Math.round(100 * (first?.probability ?? 0));
    return byChance || (first?.p50 ?? 0) - (second?.p50 ?? 0) || 0;
  })[0];
}
