import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test.each([
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['8d', 691_200_000],
  ['1y2w3d4h5m6s7ms', 31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_400_000 + 300_000 + 6_000 + 7],
  ['0', 0],
  ['0s', 0],
])('%s is %d milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '5', 's', '1.5h', '-5m', '5m1h', '5 m', ' 5m', '5m\n', '5M', '1h 30m', '5m5m', '٥m', '1e3s'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [0, '0s'],
  [999, '999ms'],
  [90_000, '1m30s'],
  [604_800_000, '1w'],
  [86_400_000 * 8, '1w1d'],
])('%d milliseconds are written as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('what is written is parsed to the same value', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});
