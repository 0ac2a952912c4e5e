import { QUOTE } from './json-bytes.ts';

const DAY_MS = 86_400_000;
/** `2026-10-12T09:00:01.000Z`, as Claude Code writes it. */
const LENGTH = 24;
const [DASH, T, SEPARATOR, DOT, Z] = [0x2d, 0x54, 0x3a, 0x2e, 0x5a];

let cachedDay = -1;
let cachedDayMs = Number.NaN;

/** The time of a quoted timestamp in Claude Code's own form, in milliseconds; NaN for any other form. */
export function readTime(bytes: Buffer, quote: number): number {
  const at = quote + 1;
  if (bytes[at + LENGTH] !== QUOTE || bytes[at + 23] !== Z || bytes[at + 10] !== T) return Number.NaN;
  if (bytes[at + 13] !== SEPARATOR || bytes[at + 16] !== SEPARATOR || bytes[at + 19] !== DOT) return Number.NaN;
  const hour = digits(bytes, at + 11, 2);
  const minute = digits(bytes, at + 14, 2);
  const second = digits(bytes, at + 17, 2);
  const ms = digits(bytes, at + 20, 3);
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
  return dayMs(bytes, at) + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
}

// A transcript stays within a day or two, so one day is enough of a cache.
function dayMs(bytes: Buffer, at: number): number {
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH) return Number.NaN;
  const day = digits(bytes, at, 4) * 10_000 + digits(bytes, at + 5, 2) * 100 + digits(bytes, at + 8, 2);
  if (Number.isNaN(day)) return Number.NaN;
  if (day !== cachedDay) {
    cachedDay = day;
    cachedDayMs = parseTime(`${bytes.toString('latin1', at, at + 10)}T00:00:00.000Z`);
  }
  return cachedDayMs;
}

function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const digit = (bytes[index] as number) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * The time that a record gives, in milliseconds; NaN if it gives none. Text without a zone is UTC, because Claude Code
 * writes UTC. Numbers are seconds or milliseconds.
 */
export function parseTime(value: unknown): number {
  if (typeof value === 'number') return plausible(value < 1e11 ? value * 1000 : value);
  if (typeof value !== 'string') return Number.NaN;
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(value);
  return plausible(Date.parse(hasZone ? value : `${value}Z`));
}

// "0001-01-01" and 0 are how programs write that they know no time.
function plausible(ms: number): number {
  return ms >= Date.UTC(2000, 0) && ms < Date.UTC(2100, 0) ? Math.floor(ms) : Number.NaN;
}

export { DAY_MS };
