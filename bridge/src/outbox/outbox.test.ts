import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@repo/common/database';
import { expect, test } from 'vitest';
import { alert, group, NOON } from '../../test/alerts.ts';
import { TestStore } from '../../test/store.ts';
import { FatalError } from '../fatal-error.ts';
import { OUTBOX_MIGRATIONS, type OutboxRow } from './outbox.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'outbox-test-')), 'outbox.db');
const DAY = 86_400_000;

let groups = 0;
/** Queues a message, by default the card of a new group. */
function enqueue(store: TestStore, given: Partial<Parameters<TestStore['outbox']['enqueue']>[0]> = {}): number {
  groups += 1;
  const cardId = given.cardId ?? store.outbox.createCard(`lookup ${groups}`, {}, store.now);
  store.outbox.enqueue({
    cardId,
    room: 'ops',
    kind: 'card',
    priority: 'normal',
    source: { group: group([alert()]), unmentioned: 0, about: 'group' },
    now: store.now,
    ...given,
  });
  return cardId;
}

function headOf(store: TestStore): OutboxRow {
  const row = store.outbox.head('ops');
  if (!row) throw new Error('nothing waits');
  return row;
}

test('after a reopen every message is there as it was, transaction id, attempts and time in flight included', () => {
  const path = newFile();
  const store = new TestStore(path);
  enqueue(store);
  store.outbox.markInFlight(headOf(store), NOON + 1);
  store.outbox.postpone(headOf(store), { dueAt: NOON + 500, error: 'unreachable', mayHaveArrived: true });
  const before = headOf(store);
  store[Symbol.dispose]();
  using reopened = new TestStore(path);
  expect(headOf(reopened)).toEqual(before);
  expect(before).toMatchObject({ txnId: 'txn-1', attempts: 1, inFlightSince: NOON + 1, dueAt: NOON + 500 });
});

test('another storage key is refused before anything is taken, and the right one still works afterwards', () => {
  const path = newFile();
  {
    using store = new TestStore(path);
    enqueue(store);
  }
  const open = () => new TestStore(path, Buffer.alloc(32, 8));
  expect(open).toThrow(FatalError);
  expect(open).toThrow(
    'the outbox was written with another storage key. Restore that key, or move outbox.db away and lose its pending messages',
  );
  using store = new TestStore(path);
  expect(headOf(store).txnId).toBe('txn-1');
});

test('what a delivered message said is gone from the rows; where its card stands is kept', () => {
  using store = new TestStore();
  const cardId = enqueue(store);
  store.deliverNext();
  expect(store.database.prepare('SELECT count(*) AS n FROM outbox').get()).toEqual({ n: 0 });
  enqueue(store, { cardId, kind: 'edit' });
  expect(headOf(store).cardEventId).toBe('$txn-1');
});

test('an edit does not become where the card stands', () => {
  using store = new TestStore();
  const cardId = enqueue(store);
  store.deliverNext();
  enqueue(store, { cardId, kind: 'edit' });
  store.deliverNext();
  enqueue(store, { cardId, kind: 'thread' });
  expect(headOf(store).cardEventId).toBe('$txn-1');
});

test('when a card is buried, the message after it takes its place', () => {
  using store = new TestStore();
  const cardId = enqueue(store);
  enqueue(store, { cardId, kind: 'edit' });
  enqueue(store, { cardId, kind: 'thread' });
  store.outbox.bury(headOf(store), 'too large');
  expect(headOf(store)).toMatchObject({ kind: 'edit', cardEventId: undefined });
  store.deliverNext();
  expect(headOf(store)).toMatchObject({ kind: 'thread', cardEventId: '$txn-2' });
  expect(store.outbox.buried('ops')).toBe(1);
  expect(store.outbox.pendingCount('ops')).toBe(1);
});

test('within a card the order is that of acceptance, whatever the priority', () => {
  using store = new TestStore();
  const first = enqueue(store);
  const second = enqueue(store);
  enqueue(store, { cardId: second, kind: 'edit', priority: 'critical' });
  enqueue(store, { cardId: second, kind: 'thread' });
  const order: [number, string][] = [];
  for (let row = store.outbox.head('ops'); row; row = store.outbox.head('ops')) {
    order.push([row.cardId, row.kind]);
    store.deliverNext();
  }
  expect(order).toEqual([
    [second, 'card'],
    [second, 'edit'],
    [first, 'card'],
    [second, 'thread'],
  ]);
});

test('rooms have separate queues', () => {
  using store = new TestStore();
  enqueue(store);
  enqueue(store, { room: 'dev' });
  expect(store.outbox.head('dev')?.txnId).toBe('txn-2');
  store.outbox.bury(headOf(store), 'x');
  expect(store.outbox.head('ops')).toBeUndefined();
  expect(store.outbox.rooms()).toEqual(['dev']);
  expect([store.outbox.buried('ops'), store.outbox.buried('dev')]).toEqual([1, 0]);
});

test('the time in flight is that of the first try that may have arrived, until a try surely did not', () => {
  using store = new TestStore();
  enqueue(store);
  store.outbox.markInFlight(headOf(store), NOON);
  store.outbox.postpone(headOf(store), { dueAt: NOON, error: 'x', mayHaveArrived: true });
  store.outbox.markInFlight(headOf(store), NOON + DAY);
  expect(headOf(store)).toMatchObject({ inFlightSince: NOON, attempts: 2 });
  store.outbox.postpone(headOf(store), { dueAt: NOON, error: 'x', mayHaveArrived: false });
  expect(headOf(store)).toMatchObject({ inFlightSince: undefined, attempts: 2 });
});

test('a retry on demand makes the waiting messages of one room due, and no others', () => {
  using store = new TestStore();
  enqueue(store);
  enqueue(store, { room: 'dev' });
  for (const room of ['ops', 'dev']) {
    const row = store.outbox.head(room);
    if (row) store.outbox.postpone(row, { dueAt: NOON + DAY, error: 'x', mayHaveArrived: false });
  }
  store.outbox.retryNow('ops', NOON + 5);
  expect(headOf(store).dueAt).toBe(NOON + 5);
  expect(store.outbox.head('dev')?.dueAt).toBe(NOON + DAY);
});

test('pending messages are counted by priority, with the age of the oldest', () => {
  using store = new TestStore();
  enqueue(store, { now: NOON + 2 });
  enqueue(store, { now: NOON + 1 });
  enqueue(store, { now: NOON + 3, priority: 'critical' });
  expect(store.outbox.pending('ops')).toEqual([
    { priority: 'critical', count: 1, oldestAcceptedAt: NOON + 3 },
    { priority: 'normal', count: 2, oldestAcceptedAt: NOON + 1 },
  ]);
  expect(store.outbox.pendingCount('ops')).toBe(3);
});

test('cards are forgotten that nobody mentioned since, but none for which something waits', () => {
  using store = new TestStore();
  const waiting = enqueue(store);
  const mentioned = store.outbox.createCard('mentioned', {}, NOON);
  store.outbox.createCard('forgotten', {}, NOON);
  store.outbox.touchCard(mentioned, NOON + DAY);
  store.outbox.forgetCards(NOON + 1);
  expect(store.outbox.findOpenCard('mentioned')?.id).toBe(mentioned);
  expect(store.outbox.findOpenCard('forgotten')).toBeUndefined();
  expect(headOf(store).cardId).toBe(waiting);
});

test('a mention does not count as told', () => {
  using store = new TestStore();
  const id = store.outbox.createCard('lookup', {}, NOON);
  store.outbox.touchCard(id, NOON + DAY);
  expect(store.outbox.findOpenCard('lookup')?.toldAt).toBe(NOON);
  store.outbox.updateCard(id, { posted: { a: 'firing' }, isOpen: true, now: NOON + 2 * DAY });
  expect(store.outbox.findOpenCard('lookup')).toEqual({ id, posted: { a: 'firing' }, toldAt: NOON + 2 * DAY });
});

test('a closed card is not found again, and its group may open another', () => {
  using store = new TestStore();
  const id = store.outbox.createCard('lookup', {}, NOON);
  store.outbox.updateCard(id, { posted: {}, isOpen: false, now: NOON });
  expect(store.outbox.findOpenCard('lookup')).toBeUndefined();
  expect(store.outbox.createCard('lookup', {}, NOON)).not.toBe(id);
});

test('one group never has two open cards', () => {
  using store = new TestStore();
  store.outbox.createCard('lookup', {}, NOON);
  expect(() => store.outbox.createCard('lookup', {}, NOON)).toThrow('UNIQUE constraint failed: card.lookup');
});

test.each(OUTBOX_MIGRATIONS.map((_, index) => index))(
  'an outbox of schema version %d is brought up to date',
  (version) => {
    const path = newFile();
    openDatabase(path, { migrations: OUTBOX_MIGRATIONS.slice(0, version), synchronous: 'FULL' }).close();
    using store = new TestStore(path);
    enqueue(store);
    expect(store.drain()).toEqual(['card']);
  },
);

test('notes are kept under their names, the newest wins', () => {
  using store = new TestStore();
  expect(store.outbox.getMeta('epoch')).toBeUndefined();
  store.outbox.setMeta('epoch', '1');
  store.outbox.setMeta('epoch', '2');
  expect(store.outbox.getMeta('epoch')).toBe('2');
});
