const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Nearer than this, a weekday names exactly one day. */
const WEEKDAY_IS_CLEAR_MS = 6 * DAY;

/** Alertmanager writes a missing time as year 1. */
const FIRST_REAL_TIME = Date.UTC(1971, 0, 1);

/** The last one that a Date holds. */
const LAST_REAL_TIME = 8.64e15;

const ISO_INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)(?![\w:])/g;

/** A reader's clock. */
export interface Clock {
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** Unix milliseconds. */
  readonly now: number;
}

export function isRealTime(ms: number): boolean {
  return ms >= FIRST_REAL_TIME && ms <= LAST_REAL_TIME;
}

/**
 * A point in time in the room's time zone: `Fri 15:00`, or `27 Nov 15:00` when a weekday alone would be unclear or `dated`
 * asks for it.
 */
export function formatInstant(ms: number, { timeZone, now }: Clock, { dated = false } = {}): string {
  const parts = partsOf(ms, timeZone);
  const isNear = !dated && Math.abs(ms - now) < WEEKDAY_IS_CLEAR_MS;
  const isThisYear = parts.year === partsOf(now, timeZone).year;
  const day = isNear ? parts.weekday : `${parts.day} ${parts.month}${isThisYear ? '' : ` ${parts.year}`}`;
  return `${day} ${parts.hour}:${parts.minute}${timeZone === 'UTC' ? ' UTC' : ''}`;
}

/** Replaces ISO 8601 instants in a text by the room's time. */
export function localizeInstants(text: string, clock: Clock): string {
  return text.replace(ISO_INSTANT, (instant) => {
    const ms = Date.parse(instant);
    return isRealTime(ms) ? formatInstant(ms, clock) : instant;
  });
}

/** A duration in at most two units, such as `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / 1000))} s`;
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsOf(ms: number, timeZone: string) {
  // Making a format is slow, and a bridge has few time zones.
  let format = formats.get(timeZone);
  if (!format) {
    const options = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-GB', { ...options, hour: '2-digit', minute: '2-digit', timeZone });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const { weekday = '', day = '', month = '', year = '', hour = '', minute = '' } = parts;
  return { weekday, day, month, year, hour, minute };
}
