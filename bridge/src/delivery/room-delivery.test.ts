import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { alert, group, resolved } from '../../test/alerts.ts';
import { renderTestMessage } from '../../test/render.ts';
import { TestRoom } from '../../test/room.ts';
import { TestStore } from '../../test/store.ts';
import type { Alert } from '../alerts/alert-group.ts';
import { FatalError } from '../fatal-error.ts';
import type { ChartImage } from '../message/chart/draw-alert-chart.ts';
import { DELIVERY_ID_KEY } from '../message/message.ts';
import type { OutboxRow } from '../outbox/outbox.ts';
import { DeliveryError, type DeliveryReason } from './delivery-error.ts';
import { RateLimit } from './rate-limit.ts';
import { Delivery, type DeliveryEvents } from './room-delivery.ts';

const HOUR = 3_600_000;
const A = alert({ fingerprint: 'a' });
const B = alert({ fingerprint: 'b' });
const WITH_CHART = alert({ annotations: { summary: 'x', chart_query: 'up' } });
const CHART: ChartImage = { png: Buffer.from('png'), altText: 'Chart: up', width: 8, height: 4 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A delivery to a room that keeps what it gets. Time passes only by {@link pass}. */
function scene({ render = renderTestMessage, chart = () => CHART as ChartImage | undefined } = {}) {
  const store = new TestStore();
  const room = new TestRoom();
  const log: string[] = [];
  const note =
    (what: keyof DeliveryEvents) =>
    ({ kind = '', error = '', delayMs = '' }: { kind?: string; error?: unknown; delayMs?: number | '' }) =>
      log.push([what, kind, error instanceof Error ? error.message : error, delayMs].filter(Boolean).join(' '));
  const delivery = new Delivery({
    room: 'ops',
    port: room,
    outbox: store.outbox,
    cards: store.cards,
    rateLimit: new RateLimit(),
    events: {
      delivered: note('delivered'),
      postponed: note('postponed'),
      buried: note('buried'),
      renderFailed: note('renderFailed'),
      chartLeftOut: note('chartLeftOut'),
    },
    now: () => store.now,
    drawChart: async () => chart(),
    render: (_, source) => render(source),
    retryDelay: (attempts) => attempts * 1000,
  });
  const stopping = new AbortController();
  return {
    store,
    room,
    log,
    stopping,
    accept: (alerts: readonly Alert[], groupKey = 'key') => store.intake.accept(group(alerts, { groupKey }), 'ops'),
    head: (): OutboxRow | undefined => store.head(),
    run: () => delivery.run(stopping.signal),
    wake: () => delivery.wake(),
    async pass(ms: number) {
      store.now += ms;
      await vi.advanceTimersByTimeAsync(ms);
    },
    /** Lets time pass in steps, so that retries after retries happen. */
    async passSteps(steps: number, ms: number) {
      for (let step = 0; step < steps; step++) {
        store.now += ms;
        await vi.advanceTimersByTimeAsync(ms);
      }
    },
  };
}

const unreachable = () => {
  throw new DeliveryError('unreachable', 'unreachable', { mayHaveArrived: true });
};

test('what waits is sent in its order, then the delivery sleeps until something new wakes it', async () => {
  const { accept, run, wake, pass, room, log } = scene();
  await accept([A], 'one');
  await accept([A], 'two');
  void run();
  await pass(0);
  expect(room.sent.map(({ txnId }) => txnId)).toEqual(['txn-1', 'txn-2']);
  await accept([A], 'three');
  await pass(30_000);
  expect(room.sent).toHaveLength(2);
  wake();
  await pass(0);
  expect(room.sent).toHaveLength(3);
  expect(log).toEqual(['delivered card', 'delivered card', 'delivered card']);
});

test('messages that another process has queued again are sent within a minute', async () => {
  const { accept, run, pass, room } = scene();
  void run();
  await pass(0);
  await accept([A]);
  await pass(60_000);
  expect(room.sent).toHaveLength(1);
});

test('each message carries its transaction id inside, and follow-ups relate to the card', async () => {
  const { accept, run, wake, pass, room } = scene();
  await accept([A]);
  void run();
  await pass(0);
  await accept([A, B]);
  wake();
  await pass(0);
  expect(room.sent.map(({ content }) => content[DELIVERY_ID_KEY])).toEqual(['txn-1', 'txn-2', 'txn-3']);
  expect(room.sent.map(({ content }) => content['m.relates_to'])).toMatchObject([
    undefined,
    { rel_type: 'm.replace', event_id: '$txn-1' },
    { rel_type: 'm.thread', event_id: '$txn-1' },
  ]);
});

test('a message that fails is tried again under the same transaction id, after growing pauses, before any other', async () => {
  const { accept, run, pass, room, log } = scene();
  let failures = 2;
  room.onSend = () => (failures-- > 0 ? unreachable() : undefined);
  await accept([A], 'one');
  await accept([A], 'two');
  void run();
  await pass(0);
  expect(room.tried).toEqual(['txn-1']);
  await pass(999);
  expect(room.tried).toEqual(['txn-1']);
  await pass(1);
  expect(room.tried).toEqual(['txn-1', 'txn-1']);
  await pass(1999);
  expect(room.tried).toHaveLength(2);
  await pass(1);
  expect(room.tried).toEqual(['txn-1', 'txn-1', 'txn-1', 'txn-2']);
  expect(log).toEqual([
    'postponed card unreachable 1000',
    'postponed card unreachable 2000',
    'delivered card',
    'delivered card',
  ]);
});

const fail = (reason: DeliveryReason) => () => {
  throw new DeliveryError(reason, `the homeserver answered ${reason}`);
};

test.each(['too_large', 'rejected'] as const)(
  'a message that is %s holds no other, is tried three times and then buried',
  async (reason) => {
    const { accept, run, pass, passSteps, room, log, store } = scene();
    room.onSend = (txnId) => (txnId === 'txn-1' ? fail(reason)() : undefined);
    await accept([A]);
    await accept([A], 'next');
    void run();
    await pass(0);
    expect(room.sent.map(({ txnId }) => txnId)).toEqual(['txn-2']);
    await passSteps(5, HOUR);
    expect(room.tried.filter((txnId) => txnId === 'txn-1')).toHaveLength(3);
    expect(log.at(-1)).toBe(`buried card the homeserver answered ${reason}`);
    expect(store.outbox.buried('ops')).toBe(1);
    await pass(HOUR);
    expect(room.tried).toHaveLength(4);
  },
);

test('the edit of a card that was buried becomes the card', async () => {
  const { accept, run, passSteps, room, store } = scene();
  room.onSend = (txnId) => (txnId === 'txn-1' ? fail('rejected')() : undefined);
  await accept([A]);
  store.database.exec('UPDATE outbox SET in_flight_since = 1');
  await accept([resolved(A)]);
  store.database.exec('UPDATE outbox SET in_flight_since = NULL');
  void run();
  await passSteps(5, HOUR);
  expect(room.sent).toHaveLength(1);
  expect(room.sent[0]?.content).not.toHaveProperty('m.relates_to');
  expect(room.sent[0]?.content.body).toMatch(/^✅ Resolved: The disk is full/);
});

test.each(['forbidden', 'server_error', 'internal'] as const)(
  'a message that alone fails with %s ends up buried, and the others are delivered',
  async (reason) => {
    const { accept, run, wake, pass, room, log } = scene();
    room.onSend = (txnId) => (txnId === 'txn-1' ? fail(reason)() : undefined);
    await accept([A], 'bad');
    await accept([A], 'good');
    void run();
    for (let round = 0; round < 20; round++) {
      await pass(HOUR);
      await accept([A], `good ${round}`);
      wake();
    }
    await pass(HOUR);
    expect(room.sent).toHaveLength(21);
    expect(log.filter((line) => line.startsWith('buried'))).toEqual([`buried card the homeserver answered ${reason}`]);
  },
);

test.each(['forbidden', 'server_error', 'unreachable', 'not_joined', 'rate_limited', 'token_rejected'] as const)(
  'while every message fails with %s none is buried, and all are delivered in the end',
  async (reason) => {
    const { accept, run, pass, room, log } = scene();
    let isDown = true;
    room.onSend = () => (isDown ? fail(reason)() : undefined);
    for (let n = 0; n < 5; n++) await accept([A], `group ${n}`);
    void run();
    for (let hour = 0; hour < 50; hour++) await pass(HOUR);
    isDown = false;
    for (let hour = 0; hour < 5; hour++) await pass(HOUR);
    expect(log.filter((line) => line.startsWith('buried'))).toEqual([]);
    expect(room.sent.map(({ txnId }) => txnId).sort()).toEqual(['txn-1', 'txn-2', 'txn-3', 'txn-4', 'txn-5']);
  },
);

test('nothing is sent during a rate limit, although new messages arrive or a retry is requested', async () => {
  const { accept, run, wake, pass, room, store } = scene();
  let isLimited = true;
  room.onSend = () => (isLimited ? fail('rate_limited')() : undefined);
  await accept([A], 'one');
  void run();
  await pass(0);
  isLimited = false;
  await accept([{ ...A, labels: { severity: 'critical' } }], 'two');
  store.outbox.retryNow('ops', store.now);
  wake();
  await pass(999);
  expect(room.tried).toEqual(['txn-1']);
  await pass(1);
  expect(room.tried).toEqual(['txn-1', 'txn-2', 'txn-1']);
});

test('a clock that is set back does not extend the wait for a retry', async () => {
  const { accept, run, wake, pass, room, store } = scene();
  room.onSend = () => (room.tried.length === 1 ? unreachable() : undefined);
  await accept([A]);
  void run();
  await pass(0);
  store.now -= 10 * HOUR;
  wake();
  await pass(1000);
  expect(room.sent).toHaveLength(1);
});

test('a card that was removed from the room is replaced by a new one', async () => {
  const { accept, run, wake, pass, room } = scene();
  await accept([A]);
  void run();
  await pass(0);
  room.removed.add('$txn-1');
  await accept([A, B]);
  wake();
  await pass(0);
  expect(room.sent.map(({ content }) => content['m.relates_to'])).toMatchObject([
    undefined,
    undefined,
    { rel_type: 'm.thread', event_id: '$txn-2' },
  ]);
});

test('a message that may have left before the last twelve hours is looked for, and not sent again when found', async () => {
  const { accept, run, pass, room, log, store, head } = scene();
  await accept([A]);
  const row = head();
  if (row) store.outbox.markInFlight(row, store.now);
  const since = store.now;
  store.now += 12 * HOUR;
  room.found = '$found';
  void run();
  await pass(0);
  expect(room.lookedFor).toEqual([{ txnId: 'txn-1', since }]);
  expect(room.tried).toEqual([]);
  expect(log).toEqual(['delivered card']);
  await accept([resolved(A)]);
  expect(head()?.cardEventId).toBe('$found');
});

test('a message that is looked for and not found is sent', async () => {
  const { accept, run, pass, room, store, head } = scene();
  await accept([A]);
  const row = head();
  if (row) store.outbox.markInFlight(row, store.now);
  store.now += 12 * HOUR;
  void run();
  await pass(0);
  expect(room.lookedFor).toHaveLength(1);
  expect(room.sent.map(({ txnId }) => txnId)).toEqual(['txn-1']);
});

test.each([
  ['that left within the last twelve hours', 12 * HOUR - 1, true],
  ['that never left', 100 * HOUR, false],
])('a message %s is sent without a look: the transaction id still tells', async (_, later, hasLeft) => {
  const { accept, run, pass, room, store, head } = scene();
  await accept([A]);
  const row = head();
  if (row && hasLeft) store.outbox.markInFlight(row, store.now);
  store.now += later;
  void run();
  await pass(0);
  expect(room.lookedFor).toEqual([]);
  expect(room.tried).toEqual(['txn-1']);
});

test('that a message may have arrived is not forgotten when a later try surely failed', async () => {
  const { accept, run, pass, room, store, head } = scene();
  await accept([A]);
  const start = store.now;
  const failures = [
    unreachable,
    () => {
      throw new DeliveryError('not_joined', 'not in the room');
    },
  ];
  room.onSend = () => failures.shift()?.();
  void run();
  await pass(0);
  expect(head()?.inFlightSince).toBe(start);
  await pass(1000);
  expect(head()).toMatchObject({ inFlightSince: start, attempts: 2 });
});

test('a try that surely failed leaves nothing in flight, so that the message can still be changed', async () => {
  const { accept, run, pass, room, head } = scene();
  room.onSend = () => {
    throw new DeliveryError('not_joined', 'not in the room');
  };
  await accept([A]);
  void run();
  await pass(0);
  expect(head()).toMatchObject({ inFlightSince: undefined, attempts: 1 });
});

test('an unforeseen error counts as one that may have arrived, and is told with its causes', async () => {
  const { accept, run, pass, room, log, head } = scene();
  room.onSend = () => {
    throw new TypeError('terminated', { cause: new Error('other side closed') });
  };
  await accept([A]);
  void run();
  await pass(0);
  expect(log).toEqual(['postponed card terminated: other side closed 1000']);
  expect(head()?.inFlightSince).toBeDefined();
});

test('while a request is out, a crash would find the message marked as in flight', async () => {
  const { accept, run, pass, room, store, head } = scene();
  room.onSend = () => new Promise(() => {});
  await accept([A]);
  void run();
  await pass(0);
  expect(head()).toMatchObject({ attempts: 1, inFlightSince: store.now });
});

test('an alert that can not be rendered is sent as a plain sentence', async () => {
  const render = () => {
    throw new Error('a fault');
  };
  const { accept, run, pass, room, log } = scene({ render });
  await accept([A, B]);
  void run();
  await pass(0);
  expect(log).toEqual(['renderFailed a fault', 'delivered card']);
  const sentence = '2 alerts (rendering failed, see the log of the bridge)';
  expect(room.sent[0]?.content).toMatchObject({ body: sentence, formatted_body: sentence });
});

test('a fatal error ends the delivery, and the message stays', async () => {
  const { accept, run, room, head } = scene();
  room.onSend = () => {
    throw new FatalError('keys used twice', 3);
  };
  await accept([A]);
  await expect(run()).rejects.toThrow(new FatalError('keys used twice', 3));
  expect(head()?.txnId).toBe('txn-1');
});

test('a database that can not be written ends the delivery before anything is sent', async () => {
  const { accept, run, room, store } = scene();
  await accept([A]);
  store.database.exec('PRAGMA query_only = ON');
  await expect(run()).rejects.toThrow('attempt to write a readonly database');
  expect(room.tried).toEqual([]);
});

test('when the program stops, the message in hand is finished and no other is begun', async () => {
  const { accept, run, pass, room, log, stopping } = scene();
  const arrival = Promise.withResolvers<void>();
  room.onSend = () => arrival.promise;
  await accept([A], 'one');
  await accept([A], 'two');
  const running = run();
  await pass(0);
  stopping.abort();
  await pass(0);
  expect(log).toEqual([]);
  arrival.resolve();
  await running;
  expect(log).toEqual(['delivered card']);
  expect(room.tried).toEqual(['txn-1']);
});

test('when the program stops while nothing is to be sent, the delivery ends at once', async () => {
  const { run, pass, stopping } = scene();
  const running = run();
  await pass(0);
  stopping.abort();
  await running;
});

describe('the picture of an alert with a chart query', () => {
  test('follows its card into the thread, encrypted and described', async () => {
    const { accept, run, pass, room, log } = scene();
    await accept([WITH_CHART]);
    void run();
    await pass(0);
    expect(log).toEqual(['delivered card', 'delivered file']);
    expect(room.uploaded).toEqual([CHART.png]);
    expect(room.sent[1]?.content).toMatchObject({
      msgtype: 'm.image',
      body: 'Chart: up',
      info: { mimetype: 'image/png', w: 8, h: 4, size: 3 },
      file: { url: 'mxc://test/1', v: 'v2' },
      'm.relates_to': { rel_type: 'm.thread', event_id: '$txn-1' },
      'm.mentions': {},
    });
  });

  test.each([
    ['there is nothing to draw', () => undefined, ['delivered card']],
    [
      'Prometheus is away',
      () => {
        throw new Error('connection refused');
      },
      ['delivered card', 'chartLeftOut connection refused'],
    ],
  ])('is left out when %s', async (_, chart, expected) => {
    const { accept, run, pass, room, log, head } = scene({ chart });
    await accept([WITH_CHART]);
    void run();
    await pass(0);
    expect(log).toEqual(expected);
    expect(room.sent).toHaveLength(1);
    expect(head()).toBeUndefined();
  });

  test('is sent again under the same transaction when its request failed', async () => {
    const { accept, run, passSteps, room, log } = scene();
    let tries = 0;
    room.onSend = (txnId) => {
      if (txnId === 'txn-2' && tries++ === 0) unreachable();
    };
    await accept([WITH_CHART]);
    void run();
    await passSteps(5, 1000);
    expect(log.filter((line) => line.startsWith('delivered'))).toEqual(['delivered card', 'delivered file']);
    expect(room.tried).toEqual(['txn-1', 'txn-2', 'txn-2']);
  });

  test('does not become a card when the card was removed', async () => {
    const { accept, run, pass, room, log } = scene();
    room.removed.add('$txn-1');
    await accept([WITH_CHART]);
    void run();
    await pass(0);
    expect(log).toEqual(['delivered card']);
  });
});
