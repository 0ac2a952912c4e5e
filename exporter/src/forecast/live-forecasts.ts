import { type WindowName, windowDurationSeconds } from '../usage/windows.ts';
import { createForecaster, type Forecaster, type ForecasterState } from './forecaster.ts';
import { addGrades, type GradeSummary, NO_GRADES } from './grade-summary.ts';
import { HOUR_MS, type UsagePoint, WEEK_HOURS } from './method.ts';
import { isNewWindow } from './new-window.ts';
import type { WindowOutlook } from './window-outlook.ts';

/** State of a forecaster with the login whose samples it has seen. */
export interface StoredState extends ForecasterState {
  readonly loginSince: number;
}

/** A forecaster as it is stored. Its state is absent after an upgrade that changed the methods. */
export interface StoredForecaster {
  readonly state?: StoredState;
  readonly grades: GradeSummary;
}

export interface ForecastPorts {
  /** The windows of an account that were seen since. */
  readonly windowsSince: (account: string, since: number) => readonly WindowName[];
  /** Points of a window after a moment, oldest first, at most `limit`. */
  readonly pointsAfter: (account: string, window: WindowName, after: number, limit: number) => readonly UsagePoint[];
  readonly load: (account: string, window: WindowName) => StoredForecaster | undefined;
  readonly save: (account: string, window: WindowName, stored: Required<StoredForecaster>) => void;
  readonly now: () => number;
}

export interface LiveForecasts {
  /**
   * Catches up with the history of an account. `loginSince` is when its present login was first seen. Returns nothing
   * while there is more history to read; call it again.
   */
  refresh(account: string, loginSince?: number): readonly WindowOutlook[] | undefined;
}

interface Entry {
  readonly forecaster: Forecaster;
  readonly grades: GradeSummary;
  readonly savedHour: number;
}

// Half a year: older weeks hardly count.
const MAX_HISTORY_MS = 26 * WEEK_HOURS * HOUR_MS;
const WINDOW_GONE_MS = 8 * 24 * HOUR_MS;
// Bounds how long one call takes, because scrapes wait for it.
const POINTS_PER_CALL = 100;
// Sources that lag behind report slightly less than was seen already.
const LAG_PERCENT = 3;

export function createLiveForecasts(
  ports: ForecastPorts,
  { linearHours }: { readonly linearHours: number },
): LiveForecasts {
  const entries = new Map<string, Entry>();

  function load(account: string, window: WindowName, loginSince: number): Entry {
    const { state, grades } = ports.load(account, window) ?? { grades: NO_GRADES };
    const isOfLogin = state?.loginSince === loginSince;
    const settings = { durationMs: windowDurationSeconds(window) * 1000, linearHours };
    return { forecaster: createForecaster(settings, isOfLogin ? state : undefined), grades, savedHour: 0 };
  }

  function catchUp(account: string, window: WindowName, loginSince: number): { entry: Entry; isComplete: boolean } {
    const key = JSON.stringify([account, window, loginSince]);
    const held = entries.get(key) ?? load(account, window, loginSince);
    const after = held.forecaster.last?.at ?? Math.max(loginSince - 1, ports.now() - MAX_HISTORY_MS);
    const points = ports.pointsAfter(account, window, after, POINTS_PER_CALL);
    let { forecaster, grades } = held;
    for (const point of points) {
      const next = forecaster.observe(withoutLag(forecaster.last, point));
      forecaster = next.forecaster;
      grades = addGrades(grades, next.grades);
    }
    const hour = Math.floor((forecaster.last?.at ?? 0) / HOUR_MS);
    const isComplete = points.length < POINTS_PER_CALL;
    const isDue = grades !== held.grades || (isComplete && points.length > 0 && hour !== held.savedHour);
    if (isDue) ports.save(account, window, { state: { ...forecaster.state(), loginSince }, grades });
    const entry = { forecaster, grades, savedHour: isDue ? hour : held.savedHour };
    entries.set(key, entry);
    return { entry, isComplete };
  }

  return {
    refresh(account, loginSince = 0) {
      const since = Math.max(loginSince, ports.now() - WINDOW_GONE_MS);
      const windows = ports
        .windowsSince(account, since)
        .map((window) => ({ window, ...catchUp(account, window, loginSince) }));
      if (windows.some(({ isComplete }) => !isComplete)) return undefined;
      return windows.flatMap(({ window, entry: { forecaster, grades } }) =>
        forecaster.last ? [{ window, point: forecaster.last, forecasts: forecaster.forecasts(), grades }] : [],
      );
    },
  };
}

function withoutLag(last: UsagePoint | null, point: UsagePoint): UsagePoint {
  const isLagging =
    last !== null &&
    !isNewWindow(last, point) &&
    point.percent < last.percent &&
    point.percent >= last.percent - LAG_PERCENT;
  return isLagging ? { ...point, percent: last.percent } : point;
}
