import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alert, event, group, NOON, resolved } from '../../test/alerts.ts';
import { TestStore } from '../../test/store.ts';
import type { Alert, AlertGroup } from '../alerts/alert-group.ts';

const A = alert({ fingerprint: 'a' });
const B = alert({ fingerprint: 'b', labels: { alertname: 'DiskFull', severity: 'critical', host: 'b' } });
const C = alert({ fingerprint: 'c' });
const MINUTE = 60_000;
const again = (of: Alert, minutes: number): Alert => ({ ...of, startsAt: NOON + minutes * MINUTE });
const resolvedAt = (of: Alert, minutes: number): Alert => ({
  ...of,
  status: 'resolved',
  endsAt: NOON + minutes * MINUTE,
});

const newDirectory = () => mkdtempSync(join(tmpdir(), 'intake-test-'));
const accept = (store: TestStore, alerts: readonly Alert[], overrides: Partial<AlertGroup> = {}) =>
  store.intake.accept(group(alerts, overrides), 'ops');

test('a notification is on disk when its promise settles: another process, or the next start, finds it', async () => {
  const path = join(newDirectory(), 'outbox.db');
  const store = new TestStore(path);
  expect(await accept(store, [A])).toBe('accepted');
  // Not closed, as a killed process does not close either.
  using other = new TestStore(path);
  expect(other.head()).toMatchObject({ kind: 'card', source: { group: group([A]) }, acceptedAt: NOON });
  store[Symbol.dispose]();
});

test('before its promise settles nothing is committed, and nobody is told', async () => {
  using store = new TestStore();
  const accepted = accept(store, [A]);
  expect(store.outbox.pendingCount('ops')).toBe(0);
  expect(store.committed).toEqual([]);
  await accepted;
  expect(store.outbox.pendingCount('ops')).toBe(1);
  expect(store.committed).toEqual(['ops']);
});

test('notifications that arrive together share one commit', async () => {
  using store = new TestStore(join(newDirectory(), 'outbox.db'));
  const begun: string[] = [];
  const exec = store.database.exec.bind(store.database);
  store.database.exec = (sql) => {
    begun.push(sql);
    exec(sql);
  };
  await Promise.all(Array.from({ length: 100 }, (_, n) => accept(store, [A], { groupKey: `group ${n}` })));
  expect(begun).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
  expect(store.outbox.pendingCount('ops')).toBe(100);
  await accept(store, [A], { groupKey: 'a later one' });
  expect(begun).toHaveLength(4);
});

test('a commit that fails rejects every notification in it, stores none, and the next one works', async () => {
  using store = new TestStore();
  store.database.exec('PRAGMA query_only = ON');
  const results = await Promise.allSettled([accept(store, [A]), accept(store, [B], { groupKey: 'other' })]);
  expect(results.map((result) => result.status === 'rejected' && result.reason.message)).toEqual([
    'attempt to write a readonly database',
    'attempt to write a readonly database',
  ]);
  expect(store.outbox.pendingCount('ops')).toBe(0);
  expect(store.committed).toEqual([]);
  store.database.exec('PRAGMA query_only = OFF');
  expect(await accept(store, [A])).toBe('accepted');
  expect(store.drain()).toEqual(['card']);
});

test('the same delivery many times, at once and later, is posted once', async () => {
  using store = new TestStore();
  const outcomes = await Promise.all([1, 2, 3].map(() => accept(store, [A])));
  expect(outcomes).toEqual(['accepted', 'duplicate', 'duplicate']);
  expect(store.drain()).toEqual(['card']);
  store.now += 3 * 60 * MINUTE;
  expect(await accept(store, [A])).toBe('duplicate');
  expect(store.drain()).toEqual([]);
  expect(store.committed).toEqual(['ops']);
});

test('the same delivery after a restart is still known', async () => {
  const path = join(newDirectory(), 'outbox.db');
  {
    using store = new TestStore(path);
    await accept(store, [A]);
    store.drain();
  }
  using store = new TestStore(path);
  expect(await accept(store, [A])).toBe('duplicate');
});

test.each<[string, Partial<AlertGroup>, string]>([
  ['receiver', { receiver: 'other' }, 'ops'],
  ['group key', { groupKey: 'other' }, 'ops'],
  ['room', {}, 'other'],
])('the same alerts for another %s are another card', async (_, overrides, room) => {
  using store = new TestStore();
  await accept(store, [A]);
  expect(await store.intake.accept(group([A], overrides), room)).toBe('accepted');
});

test('a card that is in the room is edited, and an alert that joins is told in its thread', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  await accept(store, [A, B]);
  expect(store.head()).toMatchObject({
    kind: 'edit',
    source: { about: 'group', unmentioned: 0, group: { alerts: [A, B] } },
    cardEventId: '$txn-1',
  });
  store.deliverNext();
  expect(store.head()).toMatchObject({
    kind: 'thread',
    source: { about: 'started', group: { alerts: [B] } },
  });
});

test('a resolution edits the card and notifies nobody', async () => {
  using store = new TestStore();
  await accept(store, [A, B]);
  store.drain();
  await accept(store, [resolved(A)]);
  expect(store.head()).toMatchObject({ kind: 'edit', source: { unmentioned: 1, about: 'group' } });
  expect(store.drain()).toEqual(['edit']);
});

test('a new occurrence after the end makes a second card; a late repetition makes nothing', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  await accept(store, [resolved(A)]);
  expect(store.drain()).toEqual(['edit']);
  expect(await accept(store, [A])).toBe('duplicate');
  expect(await accept(store, [again(A, 2)])).toBe('accepted');
  expect(store.drain()).toEqual(['card']);
  expect(await accept(store, [resolvedAt(again(A, 2), 3)])).toBe('accepted');
  expect(store.drain()).toEqual(['edit']);
  expect(await accept(store, [resolvedAt(again(A, 2), 3)])).toBe('duplicate');
});

test('a new occurrence whose predecessor never ended is a new card, and the previous one is closed', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  await accept(store, [again(A, 1)]);
  expect(store.head()).toMatchObject({
    kind: 'edit',
    cardEventId: '$txn-1',
    source: { group: { alerts: [{ status: 'resolved', startsAt: A.startsAt }] } },
  });
  expect(store.drain()).toEqual(['edit', 'card']);
});

test('events that take turns are posted each time', async () => {
  using store = new TestStore();
  const moved = (to: string, minutes: number) =>
    accept(store, [event({ fingerprint: to, startsAt: NOON + minutes * MINUTE })], { groupKey: to });
  await moved('a', 0);
  await moved('b', 10);
  await moved('a', 20);
  await moved('b', 30);
  expect(await moved('b', 30)).toBe('duplicate');
  expect(store.drain()).toEqual(['card', 'card', 'card', 'card']);
});

test('thirty flaps during an outage end as one card', async () => {
  using store = new TestStore();
  for (let flap = 0; flap < 30; flap++) {
    await accept(store, [again(A, 2 * flap)]);
    await accept(store, [resolvedAt(again(A, 2 * flap), 2 * flap + 1)]);
  }
  expect(store.drain()).toEqual(['card']);
  expect(await accept(store, [again(A, 100)])).toBe('accepted');
  expect(store.drain()).toEqual(['card']);
});

test('thirty flaps behind a card in flight end as that card, one edit and one thread message', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  const row = store.head();
  if (row) store.outbox.markInFlight(row, store.now);
  for (let flap = 1; flap <= 30; flap++) {
    await accept(store, [resolvedAt(again(A, 2 * flap - 2), 2 * flap - 1)]);
    await accept(store, [again(A, 2 * flap)]);
  }
  expect(store.drain()).toEqual(['card', 'edit', 'thread']);
});

test('an alert that started and ended while its thread message waited is not reported as started', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  await accept(store, [A, B, C]);
  await accept(store, [A, resolved(B), C]);
  store.deliverNext();
  expect(store.head()).toMatchObject({ kind: 'thread', source: { group: { alerts: [C] } } });
  await accept(store, [A, resolved(C)]);
  expect(store.drain()).toEqual(['edit']);
});

test('alerts that start one after another during an outage share one thread message', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  await accept(store, [A, B]);
  await accept(store, [A, B, C]);
  store.deliverNext();
  expect(store.head()).toMatchObject({ kind: 'thread', source: { about: 'started', group: { alerts: [B, C] } } });
  expect(store.drain()).toEqual(['thread']);
});

test('reminders during an outage are one, and none after the end', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  for (let day = 1; day <= 5; day++) {
    store.now += 24 * 60 * MINUTE;
    expect(await accept(store, [A])).toBe('accepted');
  }
  expect(store.outbox.pendingCount('ops')).toBe(1);
  await accept(store, [resolved(A)]);
  expect(store.drain()).toEqual(['edit']);
});

test('a reminder goes into the thread, and counts as told', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  store.now += 4 * 60 * MINUTE;
  expect(await accept(store, [A])).toBe('accepted');
  expect(store.head()).toMatchObject({ kind: 'thread', source: { about: 'reminder', group: group([A]) } });
  store.drain();
  store.now += MINUTE;
  expect(await accept(store, [A])).toBe('duplicate');
});

test('one repetition that two peers deliver, or that is retried, reminds once', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  store.now += 12 * 60 * MINUTE;
  const repetition = { reason: 'repeat interval elapsed' };
  expect(await accept(store, [A], repetition)).toBe('accepted');
  store.now += MINUTE;
  expect(await accept(store, [A], repetition)).toBe('duplicate');
  expect(store.drain()).toEqual(['thread']);
});

test('an event is posted once and never touched again', async () => {
  using store = new TestStore();
  const moved = event({ fingerprint: 'e' });
  await accept(store, [moved]);
  expect(store.drain()).toEqual(['card']);
  store.now += 100 * 60 * MINUTE;
  await accept(store, [moved], { reason: 'repeat interval elapsed' });
  await accept(store, [resolved(moved)]);
  expect(store.drain()).toEqual([]);
});

test('a waiting card is replaced by the newest state', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  await accept(store, [A, B]);
  await accept(store, [resolved(A), resolved(B)]);
  expect(store.head()).toMatchObject({
    kind: 'card',
    txnId: 'txn-1',
    source: { group: { alerts: [resolved(A), resolved(B)] } },
  });
  expect(store.drain()).toEqual(['card']);
});

test('a waiting edit is replaced by the newest state, and what started and ended meanwhile is not reported', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  await accept(store, [A, B]);
  await accept(store, [A, resolved(B)]);
  expect(store.head()).toMatchObject({ kind: 'edit', source: { group: { alerts: [A, resolved(B)] } } });
  expect(store.drain()).toEqual(['edit']);
});

test('what may have left already is not changed any more: an edit follows it', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  const row = store.head();
  if (!row) throw new Error('no card waits');
  store.outbox.markInFlight(row, store.now);
  await accept(store, [A, B]);
  expect(store.head()).toMatchObject({ txnId: row.txnId, source: { group: { alerts: [A] } } });
  expect(store.drain()).toEqual(['card', 'edit', 'thread']);
});

test('critical firing goes first, the rest in the order of its coming', async () => {
  using store = new TestStore();
  await accept(store, [A], { groupKey: 'first' });
  await accept(store, [resolved(B), A], { groupKey: 'second' });
  await accept(store, [A, B], { groupKey: 'critical' });
  const keys: unknown[] = [];
  for (let row = store.head(); row; row = store.head()) {
    keys.push(row.source.group.groupKey);
    store.deliverNext();
  }
  expect(keys).toEqual(['critical', 'first', 'second']);
});

test('a critical alert that joins a waiting card lifts the card over the others', async () => {
  using store = new TestStore();
  await accept(store, [A], { groupKey: 'first' });
  await accept(store, [A], { groupKey: 'second' });
  await accept(store, [A, B], { groupKey: 'second' });
  expect(store.head()?.source.group.groupKey).toBe('second');
  expect(store.outbox.pending('ops').map(({ priority, count }) => [priority, count])).toEqual([
    ['critical', 1],
    ['normal', 1],
  ]);
});

test('a critical alert behind a card that is in flight lifts that card too, and keeps its order', async () => {
  using store = new TestStore();
  await accept(store, [A], { groupKey: 'first' });
  await accept(store, [A], { groupKey: 'second' });
  store.database.exec("UPDATE outbox SET in_flight_since = 1 WHERE txn_id = 'txn-2'");
  await accept(store, [A, B], { groupKey: 'second' });
  expect(store.head()).toMatchObject({ txnId: 'txn-2', kind: 'card' });
  expect(store.drain()).toEqual(['card', 'edit', 'thread', 'card']);
});

test('another room under the same name has none of the cards of the former', async () => {
  using store = new TestStore();
  await accept(store, [A]);
  store.drain();
  store.roomIdOf = () => '!another:example.org';
  await accept(store, [A]);
  expect(store.drain()).toEqual(['card']);
});

const hostile = alert({
  fingerprint: 'HOSTILEFINGERPRINT',
  labels: { alertname: 'HOSTILELABELVALUE', HOSTILELABELNAME: 'x' },
  annotations: { summary: 'HOSTILEANNOTATION' },
});

test('neither before nor after delivery does any file of the database show labels, annotations, group keys or fingerprints', async () => {
  const directory = newDirectory();
  const store = new TestStore(join(directory, 'outbox.db'));
  const files = () =>
    readdirSync(directory).map((name) => ({ name, bytes: readFileSync(join(directory, name)).toString('latin1') }));
  const overrides = { groupKey: 'HOSTILEGROUPKEY', receiver: 'HOSTILERECEIVER', groupLabels: { a: 'HOSTILEGROUP' } };
  await accept(store, [hostile], overrides);
  const waiting = files();
  expect(waiting.map(({ name }) => name).sort()).toEqual(['outbox.db', 'outbox.db-shm', 'outbox.db-wal']);
  expect(waiting.map(({ bytes }) => bytes).join()).toContain('txn-1');
  store.drain();
  await accept(store, [hostile, B], overrides);
  store.drain();
  expect([...waiting, ...files()].filter(({ bytes }) => bytes.includes('HOSTILE'))).toEqual([]);
  store[Symbol.dispose]();
  expect(files().filter(({ bytes }) => bytes.includes('HOSTILE'))).toEqual([]);
});

test('an earlier event that the notification no longer has does not count as firing', async () => {
  using store = new TestStore();
  const other = event({ fingerprint: 'other' });
  await accept(store, [event(), other]);
  store.deliverNext();
  await accept(store, [again(event(), 10)]);
  expect(store.head()?.source).toMatchObject({ unmentioned: 0, group: { alerts: [{ startsAt: NOON + 10 * MINUTE }] } });
});

test('an alert with a chart query has a picture after its card, and the newest one replaces a waiting one', async () => {
  using store = new TestStore();
  const charted = (fingerprint: string) => alert({ fingerprint, annotations: { chart_query: fingerprint } });
  await accept(store, [charted('a')]);
  store.deliverNext();
  await accept(store, [charted('a'), charted('b')]);
  expect(store.drain()).toEqual(['edit', 'thread', 'file']);
});

test('an event with an occurrence is the same when its start is new, and another with another occurrence', async () => {
  using store = new TestStore();
  const told = (occurrence: string, minutes: number) =>
    again(event({ annotations: { summary: 'The week is at 80 %', occurrence } }), minutes);
  expect(await accept(store, [told('1795701600', 0)])).toBe('accepted');
  store.drain();
  store.now += 60 * MINUTE;
  expect(await accept(store, [told('1795701600', 45)])).toBe('duplicate');
  expect(await accept(store, [told('1796306400', 45)])).toBe('accepted');
});
