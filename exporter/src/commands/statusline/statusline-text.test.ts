import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readRateLimits } from './statusline-input.ts';
import { statuslineText } from './statusline-text.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const SECONDS = NOW / 1000;

beforeEach(() => void vi.stubEnv('TZ', 'Europe/Berlin'));
afterEach(() => void vi.unstubAllEnvs());

const text = (rate_limits: unknown) => statuslineText(readRateLimits({ rate_limits }), NOW);

describe('the line', () => {
  test('says how much is used and until when, in local time', () => {
    const five_hour = { used_percentage: 23.5, resets_at: SECONDS + 3600 };
    const seven_day = { used_percentage: 41.2, resets_at: SECONDS + 3 * 86_400 };
    expect(text({ five_hour, seven_day })).toBe('5h 24% until 15:00 · 7d 41% until Sat 14:00');
  });

  test('leaves out what is not known', () => {
    expect(text({ seven_day: { used_percentage: 104 } })).toBe('7d 104%');
    expect(text({ five_hour: { used_percentage: 7, resets_at: null } })).toBe('5h 7%');
    expect(text(undefined)).toBe('usage not known yet');
  });

  test('leaves out a window that is over, which Claude Code repeats until it learns the next one', () => {
    const over = { used_percentage: 97, resets_at: SECONDS };
    expect(text({ five_hour: over, seven_day: { used_percentage: 41 } })).toBe('7d 41%');
  });

  test.each([(SECONDS + 3600) * 1000, '2026-07-22T13:00:00+00:00'])('understands the reset %j', (resets_at) => {
    expect(text({ five_hour: { used_percentage: 23, resets_at } })).toBe('5h 23% until 15:00');
  });
});

test.each([
  null,
  [],
  'text',
  { five_hour: null, seven_day: [] },
  { five_hour: { used_percentage: '50' } },
  { five_hour: { used_percentage: -1 } },
  { five_hour: { resets_at: SECONDS } },
])('%j counts as nothing known', (rate_limits) => {
  expect(text(rate_limits)).toBe('usage not known yet');
});

test('a reset that is no time is left out', () => {
  expect(readRateLimits({ rate_limits: { five_hour: { used_percentage: 5, resets_at: 1e300 } } })).toEqual({
    five_hour: { used_percentage: 5 },
  });
});

test('whatever comes, the line is one line of plain characters without NaN', { timeout: 120_000 }, () => {
  const limit = fc.oneof(
    fc.anything(),
    fc.record({
      used_percentage: fc.oneof(fc.double(), fc.anything()),
      resets_at: fc.oneof(fc.double(), fc.anything()),
    }),
  );
  const limits = fc.oneof(fc.anything(), fc.record({ five_hour: limit, seven_day: limit }));
  fc.assert(
    fc.property(limits, (rate_limits) => {
      expect(text(rate_limits)).toMatch(/^[ -~·]+$/);
      expect(text(rate_limits)).not.toMatch(/NaN|undefined/);
    }),
  );
});
