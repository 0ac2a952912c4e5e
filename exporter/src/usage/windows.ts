/** A usage window by its name in metrics, such as `five_hour` or `seven_day_opus`. */
export type WindowName = string;

/** Usage of one window. */
export interface WindowUsage {
  readonly window: WindowName;
  /** The API's name of the model or surface, for windows of one. */
  readonly displayName?: string;
  /** 0 to 100, or more if more than the limit was used. */
  readonly percent: number;
  /** Milliseconds since the epoch; absent while the window has not started. */
  readonly resetsAt?: number;
  /** Currently limiting, according to the API. */
  readonly active?: boolean;
}

export const SESSION_WINDOW = 'five_hour';
export const WEEKLY_WINDOW = 'seven_day';

const SESSION_SECONDS = 5 * 3600;
const WEEK_SECONDS = 7 * 24 * 3600;

/** The windows with their own key at the top of a usage body. */
export const TOP_LEVEL_WINDOWS = [
  SESSION_WINDOW,
  WEEKLY_WINDOW,
  'seven_day_opus',
  'seven_day_sonnet',
  'seven_day_oauth_apps',
  'seven_day_cowork',
] as const;

/** Bounds the windows of one account that only `limits[]` names, and so what the API can make us store. */
export const MAX_SCOPED_WINDOWS = 16;

/** A utilization above this is no percentage: a time, for example. */
export const MAX_PERCENT = 1000;

const MAX_SLUG_LENGTH = 40;

export function isTopLevelWindow(window: WindowName): boolean {
  return (TOP_LEVEL_WINDOWS as readonly string[]).includes(window);
}

export function isWeekly(window: WindowName): boolean {
  return window !== SESSION_WINDOW;
}

export function windowDurationSeconds(window: WindowName): number {
  return isWeekly(window) ? WEEK_SECONDS : SESSION_SECONDS;
}

/** The weekly window of a model or surface, by its display name; `undefined` if no part of the name can be a label. */
export function scopedWindow(displayName: string): WindowName | undefined {
  const slug = displayName
    .slice(0, 4 * MAX_SLUG_LENGTH)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/^_+|_+$/g, '');
  return slug === '' ? undefined : `${WEEKLY_WINDOW}_${slug}`;
}
