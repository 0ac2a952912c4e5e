import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readStatuslineReport } from './statusline-report.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const SECONDS = NOW / 1000;
const HOUR = 3600;

const read = (body: unknown) => readStatuslineReport(body, ['work', 'home'], NOW);
const report = (five_hour: unknown, seven_day?: unknown) => ({
  account: 'work',
  rate_limits: { five_hour, seven_day },
});
const complaints = (body: unknown) => read(body).problems.map(({ path, message }) => `${path} ${message}`.trim());
const windowsOf = (body: unknown) => {
  const result = read(body);
  return 'windows' in result ? result.windows : undefined;
};

test('a report is parsed, with times in whole milliseconds', () => {
  const body = report(
    { used_percentage: 23.5, resets_at: SECONDS + HOUR + 0.123456, more: 1 },
    { used_percentage: 104 },
  );
  expect(read(body)).toEqual({
    account: 'work',
    windows: [
      { window: 'five_hour', percent: 23.5, resetsAt: NOW + HOUR * 1000 + 123 },
      { window: 'seven_day', percent: 104 },
    ],
    problems: [],
  });
});

test.each([
  ['null', null],
  ['of nulls, as at a rollover', { used_percentage: null, resets_at: null }],
  ['over', { used_percentage: 90, resets_at: SECONDS }],
])('a window that is %s is left out without a complaint', (_name, window) => {
  expect(read(report(window, { used_percentage: 5 }))).toEqual({
    account: 'work',
    windows: [{ window: 'seven_day', percent: 5 }],
    problems: [],
  });
});

test('the weekly windows of single models are taken, and other keys are ignored', () => {
  const rate_limits = { seven_day_opus: { used_percentage: 7 }, spend_limit: { used_percentage: 8 } };
  expect(windowsOf({ account: 'work', rate_limits })).toEqual([{ window: 'seven_day_opus', percent: 7 }]);
});

describe('an invalid window costs that window only', () => {
  const LATE = 'is further ahead than the window is long; it must be in seconds since 1970';
  test.each([
    ['full', ['must be an object']],
    [{ used_percentage: '50' }, ['used_percentage must be a number']],
    [{ used_percentage: -1 }, ['used_percentage must not be negative']],
    [{ used_percentage: SECONDS + HOUR, resets_at: SECONDS + HOUR }, ['used_percentage must not be above 1000']],
    [{ used_percentage: 1, resets_at: NOW + HOUR }, [`resets_at ${LATE}`]],
    [{ used_percentage: 1, resets_at: SECONDS + 30 * HOUR }, [`resets_at ${LATE}`]],
    [{ used_percentage: 1, resets_at: 'soon' }, ['resets_at must be a number']],
  ])('%j', (window, problems) => {
    const body = report(window, { used_percentage: 41, resets_at: SECONDS + 72 * HOUR });
    expect(windowsOf(body)).toEqual([{ window: 'seven_day', percent: 41, resetsAt: NOW + 72 * HOUR * 1000 }]);
    const expected = problems.map(
      (problem) => `rate_limits.five_hour${problem.startsWith('must') ? ' ' : '.'}${problem}`,
    );
    expect(complaints(body)).toEqual(expected);
    expect(read(report(window))).toEqual({ problems: expect.any(Array) });
  });
});

test.each([90 * 60, 14 * HOUR])('a local clock that is %d s behind loses no window', (behind) => {
  const body = report(
    { used_percentage: 1, resets_at: SECONDS + 5 * HOUR + behind },
    { used_percentage: 2, resets_at: SECONDS + 168 * HOUR + behind },
  );
  expect(windowsOf(body)).toHaveLength(2);
});

test.each([
  [undefined, ['must be an object with account and rate_limits']],
  [
    { account: 'other', rate_limits: 5 },
    [
      'account is not configured; the accounts are work, home',
      'rate_limits must be an object with five_hour, seven_day or both',
    ],
  ],
])('%j is rejected with every problem', (body, expected) => {
  expect(complaints(body)).toEqual(expected);
  expect(windowsOf(body)).toBeUndefined();
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
      if (JSON.stringify(result.problems).includes('planted-secret')) return false;
      return (
        !('windows' in result) ||
        result.windows.every(
          ({ percent, resetsAt = NOW + 1 }) => percent >= 0 && percent <= 1000 && resetsAt > NOW && resetsAt < NOW * 2,
        )
      );
    }),
  );
});
