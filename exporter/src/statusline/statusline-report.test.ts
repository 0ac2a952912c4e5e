import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStatuslineReport } from './statusline-report.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const SECONDS = NOW / 1000;
const HOUR = 3600;

const read = (body: unknown) => readStatuslineReport(body, ['work', 'home'], NOW);
const report = (five_hour: unknown, seven_day?: unknown) => ({
  account: 'work',
  rate_limits: { five_hour, seven_day },
});
const complaints = (body: unknown) => {
  const result = read(body);
  return 'problems' in result ? result.problems.map(({ path, message }) => `${path} ${message}`) : [];
};

test('a report is read, with times in milliseconds', () => {
  const body = report({ used_percentage: 23.5, resets_at: SECONDS + HOUR, more: 1 }, { used_percentage: 104 });
  expect(read(body)).toEqual({
    account: 'work',
    windows: [
      { window: 'five_hour', percent: 23.5, resetsAt: NOW + HOUR * 1000 },
      { window: 'seven_day', percent: 104 },
    ],
  });
  expect(read(report(null))).toEqual({ account: 'work', windows: [] });
});

test('a window that is over is left out', () => {
  expect(read(report({ used_percentage: 90, resets_at: SECONDS }))).toEqual({ account: 'work', windows: [] });
});

test.each([
  [undefined, [' must be an object with account and rate_limits']],
  [
    { account: 'other', rate_limits: 5 },
    [
      'account is not configured; there are work, home',
      'rate_limits must be an object with five_hour, seven_day or both',
    ],
  ],
  [report('full'), ['rate_limits.five_hour must be an object']],
  [report({ used_percentage: '50' }), ['rate_limits.five_hour.used_percentage must be a number']],
  [report({ used_percentage: -1 }), ['rate_limits.five_hour.used_percentage must not be negative']],
  [report({ used_percentage: 1001 }), ['rate_limits.five_hour.used_percentage must not be above 1000']],
  [
    report({ used_percentage: 1, resets_at: NOW + HOUR }, { used_percentage: 1, resets_at: SECONDS + 169 * HOUR }),
    ['five_hour', 'seven_day'].map(
      (window) =>
        `rate_limits.${window}.resets_at is further ahead than the window is long; it must be seconds since 1970`,
    ),
  ],
])('%j is refused with all that is wrong', (body, expected) => {
  expect(complaints(body)).toEqual(expected);
});

test('whatever comes, it is either refused or has usable windows, and no text of it is repeated', {
  timeout: 120_000,
}, () => {
  const limit = fc.oneof(fc.anything(), fc.record({ used_percentage: fc.anything(), resets_at: fc.anything() }));
  const body = fc.oneof(
    fc.anything(),
    fc.record({
      account: fc.constantFrom('work', 'planted-secret'),
      rate_limits: fc.oneof(fc.anything(), fc.record({ five_hour: limit, seven_day: limit })),
    }),
  );
  fc.assert(
    fc.property(body, (given) => {
      const result = read(given);
      if ('problems' in result) return !JSON.stringify(result).includes('planted-secret');
      return result.windows.every(
        ({ percent, resetsAt = NOW + 1 }) => percent >= 0 && percent <= 1000 && resetsAt > NOW && resetsAt < NOW * 2,
      );
    }),
  );
});
