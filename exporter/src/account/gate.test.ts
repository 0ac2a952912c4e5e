import { describe, expect, test } from 'vitest';
import { decideGate, NO_CAPS } from './gate.ts';

const NOW = Date.parse('2026-05-26T03:00:00Z');
const RESETS_AT = Date.parse('2026-05-26T05:00:00Z');
const WEEK_RESETS_AT = Date.parse('2026-05-29T05:00:00Z');
const BOTH = { sessionPct: 90, weekPct: 80 };

const session = (percent: number) => ({ window: 'five_hour', percent, resetsAt: RESETS_AT });
const week = (percent: number, window = 'seven_day') => ({ window, percent, resetsAt: WEEK_RESETS_AT });

const bySession = (utilizationPct: number, thresholdPct = 90) => ({
  reason: 'session_threshold',
  window: 'five_hour',
  utilizationPct,
  thresholdPct,
  resetsAt: RESETS_AT,
});
const byWeek = (utilizationPct: number, thresholdPct = 80, window = 'seven_day') => ({
  reason: 'week_threshold',
  window,
  utilizationPct,
  thresholdPct,
  resetsAt: WEEK_RESETS_AT,
});

describe('the cases of the gate that dispatchers know', () => {
  test('1. without caps it is open, however much is used', () => {
    expect(decideGate(NO_CAPS, [session(100), week(100)], NOW)).toBeUndefined();
  });

  test('2. without data it is open', () => {
    expect(decideGate(BOTH, [], NOW)).toBeUndefined();
  });

  test('3. below both caps it is open', () => {
    expect(decideGate(BOTH, [session(89.9), week(79.9)], NOW)).toBeUndefined();
  });

  test('4. a session over its cap closes it', () => {
    expect(decideGate(BOTH, [session(92), week(10)], NOW)).toEqual(bySession(92));
  });

  test('5. a week over its cap closes it', () => {
    expect(decideGate(BOTH, [session(10), week(81)], NOW)).toEqual(byWeek(81));
  });

  test('6. where both are over, the session is the reason: it resets sooner', () => {
    expect(decideGate(BOTH, [week(99), session(92)], NOW)).toEqual(bySession(92));
  });

  test('7. a cap that is reached exactly closes it', () => {
    expect(decideGate(BOTH, [session(90)], NOW)).toEqual(bySession(90));
    expect(decideGate(BOTH, [week(80)], NOW)).toEqual(byWeek(80));
  });

  test.each(['seven_day_opus', 'seven_day_sonnet', 'seven_day_fable'])('8. %s counts as a week', (window) => {
    expect(decideGate(BOTH, [week(10), week(85, window)], NOW)).toEqual(byWeek(85, 80, window));
  });

  test('9. a cap of the session alone leaves the week alone', () => {
    const caps = { sessionPct: 50, weekPct: null };
    expect(decideGate(caps, [session(10), week(100)], NOW)).toBeUndefined();
    expect(decideGate(caps, [session(50), week(100)], NOW)).toEqual(bySession(50, 50));
  });

  test('10. a cap of the week alone leaves the session alone', () => {
    const caps = { sessionPct: null, weekPct: 50 };
    expect(decideGate(caps, [session(100), week(10)], NOW)).toBeUndefined();
    expect(decideGate(caps, [session(100), week(50)], NOW)).toEqual(byWeek(50, 50));
  });
});

test('of several weeks over the cap the fullest is told, and of equals the one that resets last', () => {
  expect(decideGate(BOTH, [week(85), week(95, 'seven_day_opus'), week(90, 'seven_day_sonnet')], NOW)).toEqual(
    byWeek(95, 80, 'seven_day_opus'),
  );
  const later = { ...week(95, 'seven_day_opus'), resetsAt: WEEK_RESETS_AT + 1 };
  expect(decideGate(BOTH, [week(95), later], NOW)).toEqual({
    ...byWeek(95, 80, 'seven_day_opus'),
    resetsAt: WEEK_RESETS_AT + 1,
  });
});

test('what is known of a window counts until it resets, and not a moment longer', () => {
  expect(decideGate(BOTH, [session(92)], RESETS_AT - 1)).toEqual(bySession(92));
  expect(decideGate(BOTH, [session(92)], RESETS_AT)).toBeUndefined();
  expect(decideGate(BOTH, [session(92), week(81)], RESETS_AT)).toEqual(byWeek(81));
});

test('a window without a reset counts, and the refusal names none', () => {
  const refusal = decideGate(BOTH, [{ window: 'five_hour', percent: 95 }], NOW);
  expect(refusal).toEqual({
    reason: 'session_threshold',
    window: 'five_hour',
    utilizationPct: 95,
    thresholdPct: 90,
  });
});
