import { expect, test } from 'vitest';
import { alert, event, group, NOON, resolved } from '../../test/alerts.ts';
import type { AlertGroup } from './alert-group.ts';
import { type Card, type Decision, decide } from './ledger.ts';
import {
  countUnmentioned,
  forgetEnded,
  formatPosted,
  type PostedAlert,
  type PostedAlerts,
  parsePosted,
} from './posted-alerts.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const A = alert({ fingerprint: 'a' });
const B = alert({ fingerprint: 'b' });
const againAt = (startsAt: number, of = A) => ({ ...of, startsAt });

type States = Record<string, 'firing' | 'resolved'>;
const postedAs = (states: States, startsAt: number | undefined = NOON): PostedAlerts =>
  new Map(
    Object.entries(states).map(([print, status]) => [
      print,
      { status, startsAt, postedAt: NOON, ...(status === 'resolved' ? { endsAt: NOON + 60_000 } : {}) },
    ]),
  );
const card = (states: States, overrides: Partial<Card> = {}): Card => ({
  posted: postedAs(states),
  toldAt: NOON,
  isOpen: Object.values(states).includes('firing'),
  isDelivered: true,
  ...overrides,
});
const decideAt = (now: number, told: Card | undefined, delivery: AlertGroup): Decision =>
  decide(told, delivery, { now, remindAfterMs: 4 * HOUR });
const decideNow = (told: Card | undefined, delivery: AlertGroup) => decideAt(NOON, told, delivery);
const statesOf = (decision: Decision) =>
  'posted' in decision && decision.posted
    ? Object.fromEntries([...decision.posted].map(([print, { status }]) => [print, status]))
    : undefined;

const because = (reason: string) => ({ reason });
const AGAIN = because('repeat interval elapsed');
const ALL_RESOLVED = because('all alerts resolved');
const NOTHING = { kind: 'nothing' };

test('a firing group that is not in the room opens a card', () => {
  const decision = decideNow(undefined, group([A, resolved(B)]));
  expect(decision).toMatchObject({ kind: 'open', alerts: [A, resolved(B)], superseded: [] });
  expect(statesOf(decision)).toEqual({ a: 'firing', b: 'resolved' });
});

test('a group that is unknown and over opens no card', () => {
  expect(decideNow(undefined, group([resolved(A)]))).toEqual(NOTHING);
  expect(decideNow(undefined, group([resolved(A)], ALL_RESOLVED))).toEqual(NOTHING);
});

test.each([
  ['a retry', {}],
  ['another peer of a cluster', because('first notification')],
  ['an Alertmanager that lost its notification log', because('new alerts added')],
  ['an unknown reason', because('unknown')],
])('the same occurrences again, from %s, are no news', (_, overrides) => {
  expect(decideNow(card({ a: 'firing' }), group([A], overrides))).toEqual(NOTHING);
  expect(decideAt(NOON + HOUR, card({ a: 'firing' }), group([A], overrides))).toEqual(NOTHING);
});

test('annotations and labels that change are no news, nor is an earlier start of the same occurrence', () => {
  const changed = { ...A, annotations: { summary: '81 %' }, labels: { alertname: 'Other' } };
  expect(decideNow(card({ a: 'firing' }), group([changed]))).toEqual(NOTHING);
  expect(decideNow(card({ a: 'firing' }), group([againAt(NOON - HOUR)]))).toEqual(NOTHING);
});

test.each([{}, because('new alerts added'), because('first notification'), AGAIN])(
  'a later start is a new occurrence, although the end of the previous one was never reported (%j)',
  (overrides) => {
    const again = againAt(NOON + HOUR);
    const decision = decideNow(card({ a: 'firing' }), group([again], overrides));
    expect(decision).toEqual({
      kind: 'open',
      posted: new Map([['a', { status: 'firing', startsAt: NOON + HOUR, postedAt: NOON }]]),
      alerts: [again],
      superseded: [{ ...A, status: 'resolved' }],
    });
  },
);

test('a new occurrence within a group that goes on updates the card and starts', () => {
  const again = againAt(NOON + HOUR);
  const decision = decideNow(card({ a: 'firing', b: 'firing' }), group([again, B]));
  expect(decision).toMatchObject({ kind: 'update', started: [again], closes: false });
  expect(decideNow(card({ a: 'firing', b: 'firing' }), group([again]))).toMatchObject({ kind: 'update' });
});

test('a new occurrence on a card that is not in the room yet changes that card', () => {
  const waiting = card({ a: 'firing' }, { isDelivered: false });
  expect(decideNow(waiting, group([againAt(NOON + HOUR)]))).toMatchObject({ kind: 'update', closes: false });
  const closed = card({ a: 'resolved' }, { isDelivered: false });
  expect(decideNow(closed, group([againAt(NOON + HOUR)]))).toMatchObject({ kind: 'update', closes: false });
});

test('a start within the evaluation interval of a Prometheus pair is the same occurrence, unless it follows the message', () => {
  const posted = (postedAt: number): Card =>
    card({ a: 'firing' }, { posted: new Map([['a', { status: 'firing', startsAt: NOON, postedAt }]]) });
  expect(decideNow(posted(NOON + 70_000), group([againAt(NOON + 60_000)]))).toEqual(NOTHING);
  expect(decideNow(posted(NOON + 70_000), group([againAt(NOON + 60_001)]))).toMatchObject({ kind: 'open' });
  expect(decideNow(posted(NOON + 10_000), group([againAt(NOON + 10_001)]))).toMatchObject({ kind: 'open' });
});

test('the same start is the same occurrence, also if the clock of the bridge is behind', () => {
  expect(
    decideAt(
      NOON - HOUR,
      card({ a: 'firing' }, { posted: new Map([['a', { status: 'firing', startsAt: NOON, postedAt: NOON - HOUR }]]) }),
      group([A]),
    ),
  ).toEqual(NOTHING);
});

test('a start up to the end that was posted is a late repetition, a later one is a new occurrence', () => {
  expect(decideNow(card({ a: 'resolved' }), group([againAt(NOON + 60_000)]))).toEqual(NOTHING);
  expect(decideNow(card({ a: 'resolved' }), group([againAt(NOON + 60_001)]))).toMatchObject({ kind: 'open' });
});

test('the same occurrence after its end was posted is a late repetition', () => {
  const late = card({ a: 'resolved' });
  expect(decideNow(late, group([A]))).toEqual(NOTHING);
  expect(decideAt(NOON + DAY, late, group([A], AGAIN))).toEqual(NOTHING);
  expect(decideNow(card({ a: 'resolved', b: 'firing' }), group([A, B]))).toEqual(NOTHING);
});

test('an occurrence after one whose end was posted opens a new card', () => {
  const decision = decideNow(card({ a: 'resolved' }), group([againAt(NOON + 60_001)]));
  expect(decision).toMatchObject({ kind: 'open', superseded: [] });
});

test('a late repetition is not shown among the news of a group', () => {
  const decision = decideNow(card({ a: 'resolved' }), group([A, B]));
  expect(decision).toMatchObject({ kind: 'open', alerts: [B] });
  expect(statesOf(decision)).toEqual({ a: 'resolved', b: 'firing' });
});

test('the end of an earlier occurrence does not end the current one', () => {
  const current = card({ a: 'firing' }, { posted: postedAs({ a: 'firing' }, NOON + HOUR) });
  expect(decideNow(current, group([resolved(A)]))).toEqual(NOTHING);
});

test('an end whose start was merged to an earlier one ends the current occurrence', () => {
  const current = card({ a: 'firing' }, { posted: postedAs({ a: 'firing' }, NOON + 10_000) });
  expect(decideNow(current, group([resolved(A)]))).toMatchObject({ kind: 'update', closes: true });
});

test('an alert that joins updates the card and is reported as started', () => {
  const decision = decideNow(card({ a: 'firing' }), group([A, B]));
  expect(decision).toMatchObject({ kind: 'update', started: [B], closes: false });
  expect(statesOf(decision)).toEqual({ a: 'firing', b: 'firing' });
});

test('an alert that replaces another updates the card', () => {
  const decision = decideNow(card({ a: 'firing' }), group([resolved(A), B]));
  expect(decision).toMatchObject({ kind: 'update', started: [B], closes: false });
});

test('a partial resolution updates the card, starts nothing and leaves it open', () => {
  const decision = decideNow(card({ a: 'firing', b: 'firing' }), group([A, resolved(B)]));
  expect(decision).toMatchObject({ kind: 'update', started: [], closes: false });
  expect(statesOf(decision)).toEqual({ a: 'firing', b: 'resolved' });
});

test('the last resolution closes the card', () => {
  expect(decideNow(card({ a: 'firing', b: 'resolved' }), group([resolved(A)]))).toMatchObject({ closes: true });
});

test('a resolution that was posted is no news', () => {
  expect(decideNow(card({ a: 'firing', b: 'resolved' }), group([resolved(B)]))).toEqual(NOTHING);
  expect(decideNow(card({ b: 'resolved' }), group([resolved(B)], ALL_RESOLVED))).toEqual(NOTHING);
});

test('an alert that is not mentioned stays firing, because it may be silenced, inhibited or cut off', () => {
  const decision = decideNow(card({ a: 'firing', b: 'firing' }), group([resolved(A)]));
  expect(decision).toMatchObject({ kind: 'update', closes: false });
  expect(statesOf(decision)).toEqual({ a: 'resolved', b: 'firing' });
  expect(decideNow(card({ a: 'firing', b: 'firing' }), group([A]))).toEqual(NOTHING);
});

test('"all alerts resolved" also ends the alerts that max_alerts cut off', () => {
  const decision = decideNow(card({ a: 'firing', b: 'firing' }), group([resolved(A)], ALL_RESOLVED));
  expect(decision).toMatchObject({ kind: 'update', closes: true });
  expect(statesOf(decision)).toEqual({ a: 'resolved', b: 'resolved' });
});

const reminders: [string, number, Partial<AlertGroup>, Decision['kind']][] = [
  ['its reason says so', 5 * 60_000, AGAIN, 'remind'],
  ['its reason says so, though nothing was posted for days', 80 * HOUR, AGAIN, 'remind'],
  ['its reason says otherwise, though it would be due', 80 * HOUR, because('first notification'), 'nothing'],
  ['there is no reason and it is due', 4 * HOUR, {}, 'remind'],
  ['there is no reason and it is not due yet', 4 * HOUR - 1, {}, 'nothing'],
  ['its reason says so, but it was just posted: the same delivery again', 5 * 60_000 - 1, AGAIN, 'nothing'],
  ['its reason says so, but the clock went backwards', -HOUR, AGAIN, 'nothing'],
];
test.each(reminders)('a notification without changes, where %s', (_, sinceTold, overrides, kind) => {
  expect(decideAt(NOON + sinceTold, card({ a: 'firing' }), group([A], overrides))).toMatchObject({ kind });
});

test('a repetition with a change is an update, not a reminder', () => {
  expect(decideAt(NOON + HOUR, card({ a: 'firing' }), group([A, B], AGAIN))).toMatchObject({ kind: 'update' });
});

const E = event({ fingerprint: 'e' });
const F = event({ fingerprint: 'f' });

test('an event is posted once and never repeated, whatever the reason and the time', () => {
  expect(decideNow(undefined, group([E]))).toMatchObject({ kind: 'open', alerts: [E] });
  expect(decideAt(NOON + 80 * HOUR, card({ e: 'firing' }), group([E], AGAIN))).toEqual(NOTHING);
  expect(decideAt(NOON + 80 * HOUR, card({ e: 'firing' }), group([E]))).toEqual(NOTHING);
});

test('an event that happens again is a new card, and the first one stays as it is', () => {
  const decision = decideNow(card({ e: 'firing', f: 'firing' }), group([againAt(NOON + HOUR, E)]));
  expect(decision).toMatchObject({ kind: 'open', superseded: [] });
  if (decision.kind !== 'open') return;
  const next = { ...card({}), posted: decision.posted, isOpen: true };
  expect(decideNow(next, group([F])), 'a late repetition of the other event').toEqual(NOTHING);
});

test('another event of the same group joins its card', () => {
  expect(decideNow(card({ e: 'firing' }), group([E, F]))).toMatchObject({ kind: 'update', started: [F] });
});

test('an event is never resolved, and its resolution neither opens nor closes anything', () => {
  expect(decideNow(undefined, group([resolved(E)]))).toEqual(NOTHING);
  expect(decideNow(card({ e: 'firing' }), group([resolved(E)]))).toEqual(NOTHING);
  expect(decideNow(card({ e: 'firing' }), group([resolved(E)], ALL_RESOLVED))).toEqual(NOTHING);
  const mixed = decideNow(card({ a: 'firing', e: 'firing' }), group([resolved(A), resolved(E)]));
  expect(mixed).toMatchObject({ closes: false });
  expect(statesOf(mixed)).toEqual({ a: 'resolved', e: 'firing' });
});

test('an event beside a lasting alert does not prevent its reminder', () => {
  const told = card({ a: 'firing', e: 'firing' });
  expect(decideAt(NOON + HOUR, told, group([A, E], AGAIN))).toMatchObject({ kind: 'remind' });
  expect(decideAt(NOON + HOUR, told, group([resolved(A), E], AGAIN))).toMatchObject({ kind: 'update' });
});

test.each(['__proto__', 'constructor', 'toString'])('the fingerprint %s is treated like any other', (fingerprint) => {
  const odd = alert({ fingerprint });
  const opened = decideNow(undefined, group([odd]));
  const posted = parsePosted(formatPosted(opened.kind === 'open' ? opened.posted : new Map()));
  expect(posted.get(fingerprint)).toEqual({ status: 'firing', startsAt: NOON, postedAt: NOON });
  const told = { ...card({}), posted, isOpen: true };
  expect(decideNow(told, group([odd]))).toEqual(NOTHING);
  expect(decideNow(card({ x: 'firing' }), group([odd]))).toMatchObject({ kind: 'update', started: [odd] });
  expect(decideNow(told, group([resolved(odd)]))).toMatchObject({ kind: 'update', closes: true });
});

test('firing alerts of the card that a notification does not mention are counted, resolved ones are not', () => {
  const posted = postedAs({ a: 'firing', b: 'firing', c: 'resolved', d: 'firing', e: 'firing' });
  expect(countUnmentioned(posted, group([A, resolved(B)]))).toBe(2);
});

test('a card that was stored without starts adopts them, and recognizes new occurrences afterwards', () => {
  const old = card({ a: 'firing' }, { posted: new Map([['a', { status: 'firing' }]]) });
  const decision = decideNow(old, group([A]));
  expect(decision).toEqual({ kind: 'nothing', posted: postedAs({ a: 'firing' }) });
  const ended = card({}, { posted: new Map([['a', { status: 'resolved' }]]) });
  expect(decideNow(ended, group([A]))).toMatchObject({ kind: 'open' });
});

test('ended alerts are forgotten after a week, and the oldest first if there are many', () => {
  const ended = (days: number) => ({ status: 'resolved', startsAt: 0, postedAt: NOON - days * DAY }) as const;
  const posted: PostedAlerts = new Map<string, PostedAlert>([
    ['old', ended(7)],
    ['recent', ended(6)],
    ['firing', { status: 'firing', startsAt: 0 }],
    ...Array.from({ length: 2000 }, (_, n) => [`many ${n}`, ended(n / 1000)] as const),
  ]);
  const kept = forgetEnded(posted, NOON);
  expect([kept.has('old'), kept.has('recent'), kept.has('firing')]).toEqual([false, false, true]);
  expect([kept.size, kept.has('many 0'), kept.has('many 1999')]).toEqual([1001, true, false]);
});
