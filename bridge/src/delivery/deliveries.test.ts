import { expect, test, vi } from 'vitest';
import { alert, group } from '../../test/alerts.ts';
import { renderTestMessage } from '../../test/render.ts';
import { TestRoom } from '../../test/room.ts';
import { TestStore } from '../../test/store.ts';
import { FatalError } from '../fatal-error.ts';
import { Deliveries } from './deliveries.ts';
import { DeliveryError } from './delivery-error.ts';

function scene() {
  const store = new TestStore();
  const rooms = new Map([
    ['ops', new TestRoom()],
    ['dev', new TestRoom()],
  ]);
  const room = (name: string) => rooms.get(name) ?? new TestRoom();
  const ignored = () => {};
  const deliveries = new Deliveries({
    outbox: store.outbox,
    cards: store.cards,
    events: { delivered: ignored, postponed: ignored, buried: ignored, renderFailed: ignored, chartLeftOut: ignored },
    now: () => store.now,
    drawChart: async () => undefined,
    render: (_, source) => renderTestMessage(source),
    retryDelay: () => 3_600_000,
  });
  const stopping = new AbortController();
  const accept = (name: string, groupKey = 'key') => store.intake.accept(group([alert()], { groupKey }), name);
  return { store, deliveries, room, accept, stopping, run: () => deliveries.run(rooms, stopping.signal) };
}

test('what was accepted before the rooms are there is sent when they are', async () => {
  const { accept, deliveries, run, room, stopping } = scene();
  await accept('ops');
  deliveries.wake('ops');
  const running = run();
  await vi.waitFor(() => expect(room('ops').sent).toHaveLength(1));
  stopping.abort();
  await running;
});

test('a room whose homeserver does not answer holds no other room up', async () => {
  const { accept, deliveries, run, room } = scene();
  room('ops').onSend = () => new Promise(() => {});
  await accept('ops');
  void run();
  await accept('dev');
  deliveries.wake('dev');
  await vi.waitFor(() => expect(room('dev').sent).toHaveLength(1));
  expect(room('ops').sent).toEqual([]);
});

test('a rate limit in one room holds the others, because it applies to the account', async () => {
  const { accept, deliveries, run, room } = scene();
  room('ops').onSend = () => {
    throw new DeliveryError('rate_limited', 'slow down');
  };
  await accept('ops');
  void run();
  await vi.waitFor(() => expect(room('ops').tried).toHaveLength(1));
  await accept('dev');
  deliveries.wake('dev');
  deliveries.retryNow('dev');
  await new Promise((resolve) => setImmediate(resolve));
  expect(room('dev').tried).toEqual([]);
});

test('a retry on demand does not wait for the pause', async () => {
  const { accept, deliveries, run, room } = scene();
  let isInvited = false;
  room('ops').onSend = () => {
    if (!isInvited) throw new DeliveryError('not_joined', 'not in the room');
  };
  await accept('ops');
  void run();
  await vi.waitFor(() => expect(room('ops').tried).toHaveLength(1));
  isInvited = true;
  deliveries.retryNow('ops');
  await vi.waitFor(() => expect(room('ops').sent).toHaveLength(1));
});

test('a fatal error in one room ends all of it', async () => {
  const { accept, run, room } = scene();
  room('dev').onSend = () => {
    throw new FatalError('keys used twice', 3);
  };
  await accept('dev');
  await expect(run()).rejects.toThrow('keys used twice');
});

test('a message for a room that is not configured waits and harms nothing', async () => {
  const { accept, deliveries, store, run, stopping } = scene();
  await accept('gone');
  const running = run();
  deliveries.wake('gone');
  deliveries.retryNow('gone');
  stopping.abort();
  await running;
  expect(store.outbox.pendingCount('gone')).toBe(1);
});
