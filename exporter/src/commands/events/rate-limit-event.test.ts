import { expect, test } from 'vitest';
import { parseRateLimitEvent } from './rate-limit-event.ts';

const parse = (rate_limit_info: unknown) =>
  parseRateLimitEvent(JSON.stringify({ type: 'rate_limit_event', rate_limit_info }));
const limit = (used_percentage: number, resets_at = 1_795_000_000) => ({ used_percentage, resets_at });

test.each<[string, unknown, object | undefined]>([
  [
    'the window that it is about',
    { status: 'allowed', rateLimitType: 'five_hour', utilization: 0.57, resetsAt: 1_795_000_000 },
    { five_hour: limit(57) },
  ],
  [
    'all windows that it lists, and no window of another kind',
    {
      status: 'allowed_warning',
      rateLimitType: 'seven_day',
      utilization: 0.91,
      resetsAt: 1_795_500_000,
      unifiedWindows: {
        five_hour: { utilization: 0.29, resetsAt: 1_795_000_000 },
        seven_day: { utilization: 0.912, resetsAt: 1_795_500_000 },
        seven_day_overage_included: { utilization: 0.1, resetsAt: 1_795_500_000 },
      },
    },
    { five_hour: limit(29), seven_day: limit(91.2, 1_795_500_000) },
  ],
  [
    'a window that was used beyond its limit',
    { rateLimitType: 'seven_day_opus', utilization: 1.04, resetsAt: 1_795_000_000 },
    { seven_day_opus: limit(104) },
  ],
  [
    'a reset in milliseconds',
    { rateLimitType: 'five_hour', utilization: 0.5, resetsAt: 1_795_000_000_000 },
    { five_hour: limit(50) },
  ],
  ['a window without a reset', { rateLimitType: 'five_hour', utilization: 0 }, { five_hour: { used_percentage: 0 } }],
  ['nothing, if it has no utilization', { status: 'rejected', rateLimitType: 'five_hour', resetsAt: 1 }, undefined],
  ['nothing, if it is about overage', { rateLimitType: 'overage', utilization: 0.5 }, undefined],
  [
    'nothing of a percentage that takes the place of a fraction',
    { rateLimitType: 'five_hour', utilization: 57 },
    undefined,
  ],
  ['nothing of nulls', { unifiedWindows: { five_hour: { utilization: null, resetsAt: null } } }, undefined],
  ['nothing of text', 'five_hour', undefined],
])('an event has %s', (_name, info, limits) => {
  expect(parse(info)).toEqual(limits);
});

test.each([
  '{"type":"assistant","text":"rate_limit_event"}',
  '{"type":"rate_limit_event"',
  'rate_limit_event',
  '["rate_limit_event"]',
  '',
])('%j is no event', (line) => {
  expect(parseRateLimitEvent(line)).toBeUndefined();
});

test.each(['\ufeff', '\x1b]0;claude\x07'])('an event is found after %j on its line', (prefix) => {
  const rate_limit_info = { rateLimitType: 'five_hour', utilization: 0.57, resetsAt: 1_795_000_000 };
  const line = `${prefix}${JSON.stringify({ type: 'rate_limit_event', rate_limit_info })}`;
  expect(parseRateLimitEvent(line)).toEqual({ five_hour: limit(57) });
});
