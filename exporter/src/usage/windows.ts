/** A usage window by its name in metrics, such as `five_hour` or `seven_day_opus`. */
export type WindowName = string;

export const SESSION_WINDOW = 'five_hour';
export const WEEKLY_WINDOW = 'seven_day';

const SESSION_SECONDS = 5 * 3600;
const WEEK_SECONDS = 7 * 24 * 3600;

/** The windows that have a key of their own at the top of a usage body. */
export const TOP_LEVEL_WINDOWS = [
  SESSION_WINDOW,
  WEEKLY_WINDOW,
  'seven_day_opus',
  'seven_day_sonnet',
  'seven_day_oauth_apps',
  'seven_day_cowork',
] as const;

/** How many windows that only `limits[]` names are exported for one account; a bound on what the API can make us store. */
export const MAX_SCOPED_WINDOWS = 16;

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

/** The weekly window of a model or surface, by its display name; `undefined` when nothing of the name can be a label. */
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
