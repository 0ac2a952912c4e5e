import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { judgeUsage } from './plausible-usage.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const IN_DAYS = (days: number) => new Date(NOW + days * 86_400_000).toISOString();
const doubtsOf = (body: unknown) => judgeUsage(body, NOW).doubts;
const window = (utilization: unknown, resets_at: string | null = IN_DAYS(3)) => ({ utilization, resets_at });

test('a real answer raises no doubt', () => {
  const body: unknown = JSON.parse(
    readFileSync(new URL('../../deploy/local/usage-simulator/bodies/july-2026.json', import.meta.url), 'utf8'),
  );
  const reset = judgeUsage(body, NOW).report?.windows.find(({ resetsAt }) => resetsAt !== undefined)?.resetsAt ?? 0;
  expect(judgeUsage(body, reset - 1000).doubts).toEqual([]);
});

test.each([
  [{ five_hour: window(57) }, []],
  [{ five_hour: window(0, null), seven_day: window(0) }, []],
  [{ five_hour: window(0.4), seven_day: window(12) }, []],
  [
    { five_hour: window(0.57), seven_day: window(0.12) },
    ['no window in use reaches 1 %: the scale may be 0 to 1 now, where it was 0 to 100'],
  ],
  [{ seven_day: window(570) }, ['seven_day is used to 570 %']],
  [{ seven_day: window(57, IN_DAYS(9)) }, [`seven_day resets at ${IN_DAYS(9)}`]],
  [{ seven_day: window(57, IN_DAYS(-2)) }, [`seven_day resets at ${IN_DAYS(-2)}`]],
  [{ seven_day: null }, ['there is no window']],
  [{ usage: window(57) }, ['the body has no section of a usage answer']],
])('%j raises the doubts %j', (body, doubts) => {
  expect(doubtsOf(body)).toEqual(doubts);
});

test('what can not be read is a doubt', () => {
  expect(doubtsOf({ five_hour: window('57 %'), seven_day: window(12) })).toEqual([
    expect.stringMatching(/^parts could not be read: five_hour/),
  ]);
});
