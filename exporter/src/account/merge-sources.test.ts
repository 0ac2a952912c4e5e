import { describe, expect, test } from 'vitest';
import { mergeSources } from './merge-sources.ts';
import type { Source, SourceReport } from './sources.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RESET = NOW + 2 * HOUR;

/** A report of the five-hour window. `age` is in minutes. */
function report(source: Source, age: number, percent: number, resetsAt: number | undefined = RESET): SourceReport {
  const usage = { window: 'five_hour', percent, ...(resetsAt === undefined ? {} : { resetsAt }) };
  return { source, seenAt: NOW - age * MINUTE, windows: [usage] };
}

function merged(...reports: SourceReport[]) {
  const { source, usage } = mergeSources(reports).get('five_hour') ?? {};
  return [source, usage?.percent];
}

describe('among values of one period', () => {
  test('the freshest wins', () => {
    expect(merged(report('official_api', 3, 40), report('statusline', 1, 42))).toEqual(['statusline', 42]);
    expect(merged(report('official_api', 1, 40), report('statusline', 3, 42))).toEqual(['official_api', 40]);
    expect(merged(report('claude_code', 0, 40), report('official_api_stale', 9, 42))).toEqual(['claude_code', 40]);
  });

  test('the highest of simultaneous ones wins', () => {
    expect(merged(report('official_api', 0, 40), report('statusline', 1, 42))).toEqual(['statusline', 42]);
    expect(merged(report('official_api', 1, 42), report('claude_code', 0, 40))).toEqual(['official_api', 42]);
  });

  test('the source of the higher rank wins only when both are equal', () => {
    expect(merged(report('statusline', 0, 40), report('official_api', 1, 40))).toEqual(['official_api', 40]);
    expect(merged(report('official_api_stale', 0, 40), report('statusline', 1, 40))).toEqual(['statusline', 40]);
  });

  test('a status line with a lower value is repeating an old one', () => {
    expect(merged(report('official_api', 4, 40), report('statusline', 0, 39))).toEqual(['official_api', 40]);
    expect(merged(report('official_api_stale', 50, 40), report('statusline', 0, 39))).toEqual([
      'official_api_stale',
      40,
    ]);
  });

  test('seconds between two resets are one period', () => {
    expect(merged(report('official_api', 3, 40), report('statusline', 1, 42, RESET + 2000))).toEqual([
      'statusline',
      42,
    ]);
  });

  test('a value without a reset belongs to any period, and gets the reset that another source knows', () => {
    const both = [report('official_api', 3, 40), report('statusline', 1, 42, undefined)];
    expect(mergeSources(both.map((each, index) => (index === 1 ? withoutReset(each) : each))).get('five_hour')).toEqual(
      {
        source: 'statusline',
        seenAt: NOW - MINUTE,
        rank: expect.any(Number),
        usage: { window: 'five_hour', percent: 42, resetsAt: RESET },
      },
    );
  });
});

describe('among values of several periods', () => {
  const next = RESET + 5 * HOUR;

  test('a fresh poll decides which period is the current one: another belongs to another login', () => {
    expect(merged(report('official_api', 4, 40), report('statusline', 0, 99, next))).toEqual(['official_api', 40]);
    expect(merged(report('claude_code', 4, 40, next), report('statusline', 0, 99))).toEqual(['claude_code', 40]);
  });

  test('the later period wins where no poll is fresh, however little of it is used', () => {
    expect(merged(report('official_api_stale', 9, 40), report('statusline', 0, 1, next))).toEqual(['statusline', 1]);
    expect(merged(report('official_api_stale', 9, 40, next), report('statusline', 0, 99))).toEqual([
      'official_api_stale',
      40,
    ]);
  });
});

test('an estimate counts only for a window that nothing else reports', () => {
  expect(merged(report('official_api_stale', 50, 40), report('local_estimate', 0, 60))).toEqual([
    'official_api_stale',
    40,
  ]);
  expect(merged(report('local_estimate', 0, 60))).toEqual(['local_estimate', 60]);
});

test('no reports are no windows', () => {
  expect(mergeSources([]).size).toBe(0);
});

function withoutReset({ windows, ...rest }: SourceReport): SourceReport {
  return { ...rest, windows: windows.map(({ window, percent }) => ({ window, percent })) };
}
