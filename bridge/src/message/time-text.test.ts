import { expect, test } from 'vitest';
import { formatDuration, formatInstant, isRealTime, localizeInstants } from './time-text.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const HOUR = 3_600_000;
const berlin = { timeZone: 'Europe/Berlin', now: NOON };

test.each([
  [NOON, 'Wed 13:00'],
  [NOON + 140 * HOUR, 'Tue 09:00'],
  [NOON + 150 * HOUR, '1 Dec 19:00'],
  [NOON - 150 * HOUR, '19 Nov 07:00'],
  [NOON + 60 * 24 * HOUR, '24 Jan 2027 13:00'],
])('the instant %d reads %s in Berlin', (ms, text) => {
  expect(formatInstant(ms, berlin)).toBe(text);
});

test('a room without a time zone reads UTC, and says so', () => {
  expect(formatInstant(NOON, { timeZone: 'UTC', now: NOON })).toBe('Wed 12:00 UTC');
});

test.each([
  ['resets 2026-11-27T14:00:00Z', 'resets Fri 15:00'],
  ['from 2026-11-27T14:00:00.123456+01:00 to 2026-11-27T15:00Z.', 'from Fri 14:00 to Fri 16:00.'],
  ['id 2026-11-27T14:00:00 stays', 'id 2026-11-27T14:00:00 stays'],
  ['2026-99-99T99:99:99Z stays', '2026-99-99T99:99:99Z stays'],
  ['0001-01-01T00:00:00Z stays', '0001-01-01T00:00:00Z stays'],
])('%s reads %s', (text, localized) => {
  expect(localizeInstants(text, berlin)).toBe(localized);
});

test.each([
  [-5, '0 s'],
  [59_000, '59 s'],
  [61_000, '1 min'],
  [HOUR, '1 h'],
  [2.5 * HOUR, '2 h 30 min'],
  [24 * HOUR, '1 d'],
  [50 * HOUR, '2 d 2 h'],
])('%d ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('the year 1, which Alertmanager writes for a missing time, is no time', () => {
  expect([Date.parse('0001-01-01T00:00:00Z'), Number.NaN, 0].map(isRealTime)).toEqual([false, false, false]);
  expect(isRealTime(NOON)).toBe(true);
});
