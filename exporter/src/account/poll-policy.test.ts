import { describe, expect, test } from 'vitest';
import {
  API_LIMITS,
  blockedUntil,
  blocksAfter,
  type FinishedPoll,
  firstPollAt,
  nextPollAt,
  nextRequestAt,
  pollBudget,
  SIMULATOR_LIMITS,
} from './poll-policy.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const LIMITS = { intervalMs: 5 * MINUTE, ...API_LIMITS };
const MIDDLE = 0.5;

function success(more: Partial<FinishedPoll> = {}): FinishedPoll {
  return { at: 0, outcome: 'success', requested: true, failures: 0, resets: [], ...more };
}

describe('after a success', () => {
  test('the next poll is an interval away, give or take a tenth', () => {
    expect([0, MIDDLE, 1].map((random) => nextPollAt(success(), LIMITS, random))).toEqual([270_000, 300_000, 330_000]);
  });

  test('the floor holds after the jitter', () => {
    expect(nextPollAt(success(), { ...LIMITS, intervalMs: 180_000 }, 0)).toBe(180_000);
  });

  test('a reset is looked at a minute later, once', () => {
    const reset = 200 * SECOND;
    expect(nextPollAt(success({ resets: [reset] }), LIMITS, MIDDLE)).toBe(260_000);
    // The answer of that poll may still name the old reset, up to two seconds off.
    const again = success({ at: 260_000, resets: [reset + 1.9 * SECOND] });
    expect(nextPollAt(again, LIMITS, MIDDLE)).toBe(560_000);
  });

  test('a reset that passed while polling is looked at too, though not before the floor', () => {
    expect(nextPollAt(success({ resets: [-10 * SECOND] }), LIMITS, MIDDLE)).toBe(180_000);
  });

  test('resets far ahead and long gone change nothing', () => {
    expect(nextPollAt(success({ resets: [24 * HOUR, -24 * HOUR] }), LIMITS, MIDDLE)).toBe(300_000);
  });

  test('a simulator has no floor', () => {
    expect(nextPollAt(success(), { intervalMs: SECOND, ...SIMULATOR_LIMITS }, MIDDLE)).toBe(1000);
  });
});

describe('after a failure', () => {
  test('each further one doubles the wait, up to half an hour', () => {
    const waits = [1, 2, 3, 4, 20].map((failures) =>
      nextPollAt(success({ outcome: 'timeout', failures }), LIMITS, MIDDLE),
    );
    expect(waits).toEqual([5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE]);
  });

  test('403 waits for an hour, because a few of them block the host', () => {
    expect(
      nextPollAt(
        success({ outcome: 'forbidden', failures: 1, ...blocksAfter({ reason: 'forbidden' }, 0) }),
        LIMITS,
        MIDDLE,
      ),
    ).toBe(HOUR);
  });

  test('credentials are looked at again within a minute, which asks nobody', () => {
    const poll = success({ outcome: 'no_credentials', requested: false, failures: 9 });
    expect(nextPollAt(poll, LIMITS, MIDDLE)).toBe(MINUTE);
  });

  test('a block is waited out', () => {
    const poll = success({ outcome: 'rate_limited', failures: 1, blockedUntil: 20 * MINUTE });
    expect(nextPollAt(poll, LIMITS, MIDDLE)).toBe(20 * MINUTE);
  });
});

describe('after a start', () => {
  test('a block and the floor after the last request are waited out', () => {
    expect(firstPollAt({ requests: [] }, LIMITS, HOUR)).toBe(0);
    expect(firstPollAt({ requests: [0, MINUTE] }, LIMITS, HOUR)).toBe(4 * MINUTE);
    expect(firstPollAt({ requests: [0], blockedUntil: HOUR }, LIMITS, 0)).toBe(HOUR);
  });

  test('a pause after a 403 is waited out', () => {
    expect(firstPollAt({ requests: [0], pausedUntil: HOUR }, LIMITS, 0)).toBe(HOUR);
  });

  test('a spent budget is waited out', () => {
    const requests = Array.from({ length: 25 }, (_, i) => i * MINUTE);
    expect(nextRequestAt(requests, LIMITS, 25 * MINUTE)).toBe(HOUR + 5 * MINUTE);
    expect(nextRequestAt(requests.slice(0, 19), LIMITS, 25 * MINUTE)).toBe(21 * MINUTE);
    expect(nextRequestAt([], LIMITS, 0)).toBe(0);
  });

  test('what a wrong clock wrote does not keep it waiting for ever', () => {
    expect(firstPollAt({ requests: [1000 * HOUR], blockedUntil: 2000 * HOUR }, LIMITS, 0)).toBe(4500 * SECOND);
    expect(firstPollAt({ requests: [1000 * HOUR] }, LIMITS, 0)).toBe(0);
  });
});

test.each([
  [undefined, 1200],
  [0, 1200],
  [300 * SECOND, 1200],
  [1600 * SECOND, 2500],
  [3600 * SECOND, 4500],
  [1e12, 4500],
])('429 with Retry-After of %j ms blocks for %j s', (retryAfterMs, seconds) => {
  expect(blockedUntil(1000, retryAfterMs)).toBe(1000 + seconds * SECOND);
});

describe('the hourly budget', () => {
  test('counts the trailing hour, and says when it grows', () => {
    const requests = [0, 10 * MINUTE, 20 * MINUTE];
    expect(pollBudget(requests, LIMITS, 30 * MINUTE)).toEqual({ remaining: 17, growsAt: HOUR });
    expect(pollBudget(requests, LIMITS, HOUR)).toEqual({ remaining: 18, growsAt: HOUR + 10 * MINUTE });
    expect(pollBudget([], LIMITS, 0)).toEqual({ remaining: 20, growsAt: Number.POSITIVE_INFINITY });
  });

  test('requests in the future count like those of the last hour, because the clock was set back since', () => {
    const hourly = [9 * HOUR, 9 * HOUR + 5 * MINUTE, 9 * HOUR + 10 * MINUTE];
    expect(pollBudget(hourly, LIMITS, 0)).toEqual({ remaining: 17, growsAt: HOUR - 13 * MINUTE });
    expect(nextRequestAt(hourly, LIMITS, 0)).toBe(0);
    expect(pollBudget([8 * HOUR, ...hourly], LIMITS, 0).remaining).toBe(17);
  });
});
