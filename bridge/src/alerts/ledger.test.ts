import { expect, test } from 'vitest';
import { alert, event, group, NOON, resolved } from '../../test/alerts.ts';
import type { AlertGroup } from './alert-group.ts';
import { countUnmentioned, type Decision, decide, type OpenCard, type PostedAlerts } from './ledger.ts';

const HOUR = 3_600_000;
const A = alert({ fingerprint: 'a' });
const B = alert({ fingerprint: 'b' });
const card = (posted: PostedAlerts, toldAt = NOON): OpenCard => ({ posted, toldAt });
const decideAt = (now: number, told: OpenCard | undefined, delivery: AlertGroup): Decision =>
  decide(told, delivery, { now, remindAfterMs: 4 * HOUR });
const decideNow = (told: OpenCard | undefined, delivery: AlertGroup) => decideAt(NOON, told, delivery);

const because = (reason: string) => ({ reason });
const AGAIN = because('repeat interval elapsed');

test('a firing group that is not in the room opens a card', () => {
  expect(decideNow(undefined, group([A, resolved(B)]))).toEqual({
    kind: 'open',
    posted: { a: 'firing', b: 'resolved' },
  });
});

test('a group of which the room knows nothing and that is over opens none', () => {
  expect(decideNow(undefined, group([resolved(A)]))).toEqual({ kind: 'nothing' });
});

test.each([
  ['a retry', {}],
  ['another peer of a cluster', because('first notification')],
  ['an Alertmanager that lost its notification log', because('new alerts added')],
  ['an unknown reason', because('unknown')],
])('the same states again, from %s, are no news', (_, overrides) => {
  expect(decideNow(card({ a: 'firing' }), group([A], overrides))).toEqual({ kind: 'nothing' });
  expect(decideAt(NOON + HOUR, card({ a: 'firing' }), group([A], overrides))).toEqual({ kind: 'nothing' });
});

test('annotations, labels and start times that change are no news', () => {
  const later = { ...A, startsAt: NOON + HOUR, annotations: { summary: '81 %' }, labels: { alertname: 'Other' } };
  expect(decideNow(card({ a: 'firing' }), group([later]))).toEqual({ kind: 'nothing' });
});

test('an alert that joins updates the card and is told as started', () => {
  expect(decideNow(card({ a: 'firing' }), group([A, B]))).toEqual({
    kind: 'update',
    posted: { a: 'firing', b: 'firing' },
    started: ['b'],
    closes: false,
  });
});

test('a partial resolution updates the card, starts nothing and leaves it open', () => {
  expect(decideNow(card({ a: 'firing', b: 'firing' }), group([A, resolved(B)]))).toEqual({
    kind: 'update',
    posted: { a: 'firing', b: 'resolved' },
    started: [],
    closes: false,
  });
});

test('the last resolution closes the card', () => {
  expect(decideNow(card({ a: 'firing', b: 'resolved' }), group([resolved(A)]))).toEqual({
    kind: 'update',
    posted: { a: 'resolved' },
    started: [],
    closes: true,
  });
});

test('a resolution that was told is no news', () => {
  expect(decideNow(card({ a: 'firing', b: 'resolved' }), group([resolved(B)]))).toEqual({ kind: 'nothing' });
});

test('an alert that is not mentioned stays firing, for it may be silenced, inhibited or cut off', () => {
  expect(decideNow(card({ a: 'firing', b: 'firing' }), group([resolved(A)]))).toEqual({
    kind: 'update',
    posted: { a: 'resolved', b: 'firing' },
    started: [],
    closes: false,
  });
  expect(decideNow(card({ a: 'firing', b: 'firing' }), group([A]))).toEqual({ kind: 'nothing' });
});

test('fire, resolve, fire within one card is told as started again', () => {
  expect(decideNow(card({ a: 'resolved', b: 'firing' }), group([A, B]))).toMatchObject({
    kind: 'update',
    started: ['a'],
    posted: { a: 'firing', b: 'firing' },
  });
});

test('fire, resolve, fire of a whole group is a new card, because the old one was closed', () => {
  expect(decideNow(undefined, group([A]))).toMatchObject({ kind: 'open' });
});

const reminders: [string, number, Partial<AlertGroup>, Decision['kind']][] = [
  ['its reason says so', 5 * 60_000, AGAIN, 'remind'],
  ['its reason says so, though nothing was told for days', 80 * HOUR, AGAIN, 'remind'],
  ['its reason says otherwise, though it would be due', 80 * HOUR, because('first notification'), 'nothing'],
  ['there is no reason and it is due', 4 * HOUR, {}, 'remind'],
  ['there is no reason and it is not due yet', 4 * HOUR - 1, {}, 'nothing'],
  ['its reason says so, but it was told just now: the same delivery again', 5 * 60_000 - 1, AGAIN, 'nothing'],
  ['its reason says so, but the clock went backwards', -HOUR, AGAIN, 'nothing'],
];
test.each(reminders)('a delivery without a difference, where %s', (_, sinceTold, overrides, kind) => {
  expect(decideAt(NOON + sinceTold, card({ a: 'firing' }), group([A], overrides))).toEqual({ kind });
});

test('a repetition with a difference is an update, not a reminder', () => {
  expect(decideAt(NOON + HOUR, card({ a: 'firing' }), group([A, B], AGAIN))).toMatchObject({ kind: 'update' });
});

const E = event({ fingerprint: 'e' });

test('an event is told once and never reminded of, whatever the reason and the time', () => {
  expect(decideNow(undefined, group([E]))).toEqual({ kind: 'open', posted: { e: 'firing' } });
  expect(decideAt(NOON + 80 * HOUR, card({ e: 'firing' }), group([E], AGAIN))).toEqual({ kind: 'nothing' });
  expect(decideAt(NOON + 80 * HOUR, card({ e: 'firing' }), group([E]))).toEqual({ kind: 'nothing' });
});

test('an event is never resolved, and its resolution neither opens nor closes anything', () => {
  expect(decideNow(undefined, group([resolved(E)]))).toEqual({ kind: 'nothing' });
  expect(decideNow(card({ e: 'firing' }), group([resolved(E)]))).toEqual({ kind: 'nothing' });
  expect(decideNow(card({ a: 'firing', e: 'firing' }), group([resolved(A), resolved(E)]))).toMatchObject({
    posted: { a: 'resolved', e: 'firing' },
    closes: false,
  });
});

test('an event beside a lasting alert does not keep that from being reminded of', () => {
  const told = card({ a: 'firing', e: 'firing' });
  expect(decideAt(NOON + HOUR, told, group([A, E], AGAIN))).toEqual({ kind: 'remind' });
  expect(decideAt(NOON + HOUR, told, group([resolved(A), E], AGAIN))).toMatchObject({ kind: 'update' });
});

test.each(['__proto__', 'constructor', 'toString'])('the fingerprint %s is one like any other', (fingerprint) => {
  const odd = alert({ fingerprint });
  const opened = decideNow(undefined, group([odd]));
  expect(opened.kind).toBe('open');
  const posted: PostedAlerts = JSON.parse(JSON.stringify(opened.kind === 'open' ? opened.posted : {}));
  expect(decideNow(card(posted), group([odd]))).toEqual({ kind: 'nothing' });
  expect(decideNow(card({}), group([odd]))).toMatchObject({ kind: 'update', started: [fingerprint] });
  expect(decideNow(card(posted), group([resolved(odd)]))).toMatchObject({ kind: 'update', closes: true });
});

test('firing alerts of the card that a delivery does not mention are counted, resolved ones are not', () => {
  expect(
    countUnmentioned({ a: 'firing', b: 'firing', c: 'resolved', d: 'firing', e: 'firing' }, group([A, resolved(B)])),
  ).toBe(2);
});
