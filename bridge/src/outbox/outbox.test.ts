import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTransaction, openDatabase } from '@repo/common/database';
import { expect, test } from 'vitest';
import { alert, group, NOON } from '../../test/alerts.ts';
import { TestStore } from '../../test/store.ts';
import type { PostedAlerts } from '../alerts/posted-alerts.ts';
import { FatalError } from '../fatal-error.ts';
import type { OutboxRow } from './outbox.ts';
import { OUTBOX_SCHEMA } from './schema.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'outbox-test-')), 'outbox.db');
const DAY = 86_400_000;

const NONE: PostedAlerts = new Map();
const FIRING: PostedAlerts = new Map([['a', { status: 'firing', startsAt: NOON, postedAt: NOON }]]);
const FAILED = { now: NOON, dueAt: NOON, reason: 'unreachable', error: 'x', refusals: 0, setAside: false };

let groups = 0;
/** Queues a message, by default the card of a new group. */
function enqueue(store: TestStore, given: Partial<Parameters<TestStore['outbox']['enqueue']>[0]> = {}): number {
  groups += 1;
  const cardId = given.cardId ?? store.cards.create(`lookup ${groups}`, NONE, store.now);
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
  const row = store.head();
  if (!row) throw new Error('nothing waits');
  return row;
}

test('after a reopen every message is there as it was, transaction id, attempts and time in flight included', () => {
  const path = newFile();
  const store = new TestStore(path);
  enqueue(store);
  store.outbox.markInFlight(headOf(store), NOON + 1);
  store.outbox.postpone(headOf(store), { ...FAILED, dueAt: NOON + 500, mayHaveArrived: true });
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
  store.outbox.bury(headOf(store), { reason: 'rejected', error: 'too large' });
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
  for (let row = store.head(); row; row = store.head()) {
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
  expect(store.head('dev')?.txnId).toBe('txn-2');
  store.outbox.bury(headOf(store), { reason: 'rejected', error: 'x' });
  expect(store.head()).toBeUndefined();
  expect(store.outbox.rooms()).toEqual(['dev']);
  expect([store.outbox.buried('ops'), store.outbox.buried('dev')]).toEqual([1, 0]);
});

test('the time in flight is that of the first try that may have arrived, until a try surely did not', () => {
  using store = new TestStore();
  enqueue(store);
  store.outbox.markInFlight(headOf(store), NOON);
  store.outbox.postpone(headOf(store), { ...FAILED, dueAt: NOON, mayHaveArrived: true });
  store.outbox.markInFlight(headOf(store), NOON + DAY);
  expect(headOf(store)).toMatchObject({ inFlightSince: NOON, attempts: 2 });
  store.outbox.postpone(headOf(store), { ...FAILED, dueAt: NOON, mayHaveArrived: false });
  expect(headOf(store)).toMatchObject({ inFlightSince: undefined, attempts: 2 });
});

test('a retry on demand makes the waiting messages of one room due, and no others', () => {
  using store = new TestStore();
  enqueue(store);
  enqueue(store, { room: 'dev' });
  for (const room of ['ops', 'dev']) {
    const row = store.head(room);
    if (row) store.outbox.postpone(row, { ...FAILED, dueAt: NOON + DAY, mayHaveArrived: false });
  }
  store.outbox.retryNow('ops', NOON + 5);
  expect(headOf(store).dueAt).toBe(NOON + 5);
  expect(store.head('dev')?.dueAt).toBe(NOON + DAY);
});

test('pending messages are counted by priority, with the age of the oldest', () => {
  using store = new TestStore();
  enqueue(store, { now: NOON + 1 });
  enqueue(store, { now: NOON + 2 });
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
  const mentioned = store.cards.create('mentioned', NONE, NOON);
  store.cards.create('forgotten', NONE, NOON);
  store.cards.touch(mentioned, NOON + DAY);
  store.cards.forget(NOON + 1);
  expect(store.cards.find('mentioned')?.id).toBe(mentioned);
  expect(store.cards.find('forgotten')).toBeUndefined();
  expect(headOf(store).cardId).toBe(waiting);
});

test('receiving a notification does not count as posting', () => {
  using store = new TestStore();
  const id = store.cards.create('lookup', NONE, NOON);
  store.cards.touch(id, NOON + DAY);
  expect(store.cards.find('lookup')?.toldAt).toBe(NOON);
  store.cards.update(id, { posted: FIRING, isOpen: true, now: NOON + 2 * DAY });
  const card = { id, posted: FIRING, toldAt: NOON + 2 * DAY, isOpen: true, isDelivered: false };
  expect(store.cards.find('lookup')).toEqual(card);
});

test('the newest card of a group is found, also after it was closed', () => {
  using store = new TestStore();
  const first = store.cards.create('lookup', NONE, NOON);
  store.cards.update(first, { posted: FIRING, isOpen: false, now: NOON });
  expect(store.cards.find('lookup')).toMatchObject({ id: first, isOpen: false, posted: FIRING });
  const second = store.cards.create('lookup', NONE, NOON);
  expect(store.cards.find('lookup')).toMatchObject({ id: second, isOpen: true });
});

test('a new card closes the previous one of its group', () => {
  using store = new TestStore();
  store.cards.create('lookup', NONE, NOON);
  store.cards.create('other', NONE, NOON);
  store.cards.create('lookup', NONE, NOON);
  const open = store.database.prepare('SELECT lookup FROM card WHERE is_open = 1 ORDER BY lookup').all();
  expect(open.map(({ lookup }) => lookup)).toEqual(['lookup', 'other']);
});

test('a card that was stored without occurrences is read', () => {
  using store = new TestStore();
  store.cards.create('lookup', NONE, NOON);
  const old = store.seal.seal('{"a":"firing","b":"resolved"}', 'posted');
  store.database.prepare('UPDATE card SET posted = ?').run(old);
  expect(store.cards.find('lookup')?.posted).toEqual(
    new Map([
      ['a', { status: 'firing' }],
      ['b', { status: 'resolved' }],
    ]),
  );
});

test.each(OUTBOX_SCHEMA.migrations.map((_, index) => index))(
  'an outbox of schema version %d is brought up to date',
  (version) => {
    const path = newFile();
    const old = openDatabase(path, {
      ...OUTBOX_SCHEMA,
      migrations: OUTBOX_SCHEMA.migrations.slice(0, version),
      synchronous: 'FULL',
    });
    if (version > 0) {
      old.exec(`INSERT INTO card VALUES (1, 'old', NULL, 1, x'', 0, 0);
        INSERT INTO outbox (card_id, room, kind, priority, txn_id, body, accepted_at, due_at)
          VALUES (1, 'dev', 'card', 1, 'old-txn', x'', 0, 0)`);
    }
    old.close();
    using store = new TestStore(path);
    expect(store.outbox.pendingCount('dev')).toBe(version > 0 ? 1 : 0);
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

test('counts follow every change of the queue, and a rollback', () => {
  using store = new TestStore();
  const card = enqueue(store);
  enqueue(store);
  expect(() =>
    inTransaction(store.database, () => {
      enqueue(store);
      throw new Error('rolled back');
    }),
  ).toThrow('rolled back');
  expect(store.outbox.pendingCount('ops')).toBe(2);
  enqueue(store, { cardId: card, kind: 'edit', priority: 'critical' });
  expect(store.outbox.pending('ops').map(({ priority, count }) => [priority, count])).toEqual([
    ['critical', 2],
    ['normal', 1],
  ]);
  store.outbox.bury(headOf(store), { reason: 'rejected', error: 'x' });
  store.drain();
  expect([store.outbox.pendingCount('ops'), store.outbox.buried('ops'), store.outbox.rooms()]).toEqual([0, 1, []]);
});

test('a message that was set aside does not hold the others, and its turn comes when it is due', () => {
  using store = new TestStore();
  const card = enqueue(store);
  enqueue(store, { cardId: card, kind: 'edit' });
  enqueue(store);
  const failed = { ...FAILED, dueAt: NOON + 1000, mayHaveArrived: false, refusals: 1, setAside: true };
  store.outbox.postpone(headOf(store), failed);
  expect(headOf(store).txnId).toBe('txn-3');
  expect(store.outbox.setAsideDueAt('ops')).toBe(NOON + 1000);
  store.now = NOON + 1000;
  expect(headOf(store)).toMatchObject({ txnId: 'txn-1', refusals: 1, isSetAside: true });
  store.outbox.bury(headOf(store), { reason: 'rejected', error: 'x' });
  expect(headOf(store).txnId).toBe('txn-2');
});

test('a message that was set aside is not due while an earlier one of its card waits', () => {
  using store = new TestStore();
  const card = enqueue(store);
  const buried = headOf(store);
  store.outbox.bury(buried, { reason: 'rejected', error: 'x' });
  enqueue(store, { cardId: card, kind: 'edit' });
  store.outbox.postpone(headOf(store), { ...FAILED, mayHaveArrived: false, setAside: true });
  store.database.exec('UPDATE outbox SET buried = 0');
  expect(headOf(store).id).toBe(buried.id);
  expect(store.outbox.setAsideDueAt('ops')).toBeUndefined();
});

test('a retry on demand does not shorten a rate limit or the pause of a rejected message', () => {
  using store = new TestStore();
  enqueue(store);
  const dueAt = NOON + 5000;
  store.outbox.postpone(headOf(store), { ...FAILED, dueAt, reason: 'rate_limited', mayHaveArrived: false });
  store.outbox.retryNow('ops', NOON);
  expect(headOf(store).dueAt).toBe(dueAt);
  store.outbox.postpone(headOf(store), { ...FAILED, dueAt, mayHaveArrived: false, refusals: 1 });
  store.outbox.retryNow('ops', NOON);
  expect(headOf(store).dueAt).toBe(dueAt);
});

test.each([false, true])('a clock that is set back does not extend a wait (set aside: %s)', (setAside) => {
  using store = new TestStore();
  enqueue(store);
  store.outbox.postpone(headOf(store), { ...FAILED, dueAt: NOON + 1000, mayHaveArrived: false, setAside });
  store.now = NOON - DAY;
  expect(headOf(store).dueAt).toBe(store.now);
});

test('stored messages are compressed: a webhook of 50 similar alerts takes less than 10 KB', () => {
  using store = new TestStore();
  const labels = { alertname: 'HighLoad', job: 'node', namespace: 'monitoring', severity: 'warning', team: 'infra' };
  const annotations = {
    summary: 'Load is high',
    description: 'The load average was above 10 for 15 minutes. '.repeat(18),
  };
  const alerts = Array.from({ length: 50 }, (_, n) =>
    alert({ labels: { ...labels, instance: `host${n}` }, annotations }),
  );
  const source = { group: group(alerts), unmentioned: 0, about: 'group' } as const;
  expect(JSON.stringify(source).length).toBeGreaterThan(50_000);
  enqueue(store, { source });
  const size = store.database.prepare('SELECT length(body) AS size FROM outbox').get()?.size;
  expect(size).toBeLessThan(10_000);
  expect(headOf(store).source).toEqual(source);
});
