import { createLogger } from '@repo/common/logger';
import { expect, test, vi } from 'vitest';
import { NOON } from '../test/alerts.ts';
import { TestStore } from '../test/store.ts';
import { DELIVERY_REASONS } from './delivery/delivery-error.ts';
import { createRoomStates } from './delivery/room-states.ts';
import { createEvents } from './events.ts';
import { createMetrics } from './web/metrics-registry.ts';

function scene() {
  const log: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'logfmt',
    write: (line) => log.push(line.replace(/^ts=\S+ /, '').trim()),
  });
  const store = new TestStore();
  const states = createRoomStates({ account: true });
  states.setRooms(new Map([['ops', { isJoined: true, isEncrypted: true }]]));
  const roomIds = { namesOf: (roomId: string) => (roomId === '!ops' ? ['ops'] : []) };
  const metrics = createMetrics({
    outbox: store.outbox,
    rooms: ['ops', 'dev'],
    now: () => NOON,
    states,
    heartbeats: ['prod'],
    keyRecords: () => 0,
    nodeVersion: 'v24',
  });
  const events = createEvents({ logger, metrics, states, roomIds, now: () => NOON });
  const samples = async (name: string) => {
    const text = await metrics.registry.getSingleMetricAsString(name);
    return text.split('\n').filter((line) => /^(?:_\w+)?[{ ]/.test(line.slice(name.length)) && line.startsWith(name));
  };
  return { events, log, samples, states };
}

const failed = {
  room: 'ops',
  kind: 'card',
  reason: 'unreachable',
  error: 'no answer',
  delayMs: 500.4,
  holdsRoom: true,
} as const;
const delivered = { room: 'ops', kind: 'card', acceptedAt: NOON - 2000, attempts: 3, eventId: '$e' } as const;

test('an outage is told when it begins, when its cause changes and when it ends; not once a try', () => {
  const { events, log } = scene();
  events.delivered(delivered);
  for (let attempt = 0; attempt < 100; attempt++) events.postponed(failed);
  events.postponed({ ...failed, reason: 'not_joined', error: 'not in the room' });
  events.postponed({ ...failed, reason: 'not_joined', error: 'not in the room' });
  events.delivered(delivered);
  events.delivered(delivered);
  expect(log).toEqual([
    'level=warn msg="delivery failed, retrying" room=ops kind=card reason=unreachable err="no answer" retry_in_ms=500',
    'level=warn msg="delivery failed, retrying" room=ops kind=card reason=not_joined err="not in the room" retry_in_ms=500',
    'level=info msg="delivery recovered" room=ops attempts=3',
  ]);
});

test('an outage of one room is not that of another', () => {
  const { events, log } = scene();
  events.postponed(failed);
  events.postponed({ ...failed, room: 'dev' });
  events.delivered(delivered);
  expect(log.map((line) => /room=(\w+)/.exec(line)?.[1])).toEqual(['ops', 'dev', 'ops']);
});

test('every delivery counts, by room, kind and outcome', async () => {
  const { events, samples } = scene();
  events.delivered(delivered);
  events.postponed(failed);
  events.postponed(failed);
  events.buried({ room: 'ops', kind: 'edit', reason: 'too_large', error: 'too large' });
  const counted = (await samples('alertmanager_matrix_deliveries_total')).filter((line) => !line.endsWith(' 0'));
  expect(counted.sort()).toEqual([
    'alertmanager_matrix_deliveries_total{room="ops",kind="card",outcome="retried"} 2',
    'alertmanager_matrix_deliveries_total{room="ops",kind="card",outcome="sent"} 1',
    'alertmanager_matrix_deliveries_total{room="ops",kind="edit",outcome="buried"} 1',
  ]);
});

test('every failed attempt counts by room and reason, and every reason starts at zero', async () => {
  const { events, samples } = scene();
  const name = 'alertmanager_matrix_delivery_failures_total';
  expect(await samples(name)).toHaveLength(2 * DELIVERY_REASONS.length);
  events.postponed(failed);
  events.postponed({ ...failed, reason: 'forbidden' });
  events.buried({ room: 'ops', kind: 'edit', reason: 'rejected', error: 'no' });
  expect((await samples(name)).filter((line) => !line.endsWith(' 0')).sort()).toEqual([
    `${name}{room="ops",reason="forbidden"} 1`,
    `${name}{room="ops",reason="rejected"} 1`,
    `${name}{room="ops",reason="unreachable"} 1`,
  ]);
});

test('a rate limit shows until when the homeserver wants to be left alone; other failures do not', async () => {
  const { events, samples } = scene();
  events.postponed(failed);
  expect(await samples('alertmanager_matrix_rate_limited_until_timestamp_seconds')).toEqual([
    'alertmanager_matrix_rate_limited_until_timestamp_seconds 0',
  ]);
  events.postponed({ ...failed, reason: 'rate_limited', delayMs: 5000 });
  expect(await samples('alertmanager_matrix_rate_limited_until_timestamp_seconds')).toEqual([
    `alertmanager_matrix_rate_limited_until_timestamp_seconds ${NOON / 1000 + 5}`,
  ]);
});

test('a webhook that is refused or not stored is told with its reason; one that is taken is not', () => {
  const { events, log } = scene();
  events.webhook({ receiver: 'ops', outcome: 'accepted', durationMs: 1 });
  events.webhook({ receiver: 'ops', outcome: 'duplicate', durationMs: 1 });
  events.webhook({ receiver: undefined, outcome: 'unauthorized', durationMs: 0 });
  events.webhook({ receiver: undefined, outcome: 'malformed', durationMs: 0, error: new Error('not JSON') });
  events.webhook({ receiver: 'ops', outcome: 'unavailable', durationMs: 0, error: new Error('disk full') });
  expect(log).toEqual([
    'level=warn msg="webhook rejected" outcome=unauthorized',
    'level=warn msg="webhook rejected" outcome=malformed err="not JSON"',
    'level=error msg="webhook rejected" receiver=ops outcome=unavailable err="disk full"',
  ]);
});

test('a thousand receivers make a hundred series, first come, and the rest is counted as other', async () => {
  const { events, samples } = scene();
  for (let n = 0; n < 1000; n++) events.webhook({ receiver: `r${n}`, outcome: 'accepted', durationMs: 1 });
  events.webhook({ receiver: 'r0', outcome: 'accepted', durationMs: 1 });
  const series = await samples('alertmanager_matrix_webhooks_total');
  expect(series).toHaveLength(101);
  expect(series).toContain('alertmanager_matrix_webhooks_total{receiver="r0",outcome="accepted"} 2');
  expect(series).toContain('alertmanager_matrix_webhooks_total{receiver="other",outcome="accepted"} 900');
});

test('a receiver name that is too long is counted as other', async () => {
  const { events, samples } = scene();
  events.webhook({ receiver: 'r'.repeat(5_000_000), outcome: 'accepted', durationMs: 1 });
  expect(await samples('alertmanager_matrix_webhooks_total')).toEqual([
    'alertmanager_matrix_webhooks_total{receiver="other",outcome="accepted"} 1',
  ]);
});

test('requests that were not stored leave the duration histogram unchanged', async () => {
  const { events, samples } = scene();
  const observed = () => samples('alertmanager_matrix_webhook_duration_seconds');
  for (const outcome of ['unauthorized', 'too_large', 'malformed', 'unavailable'] as const)
    events.webhook({ receiver: undefined, outcome, durationMs: 0 });
  expect(await observed()).toContain('alertmanager_matrix_webhook_duration_seconds_count 0');
  events.webhook({ receiver: 'ops', outcome: 'accepted', durationMs: 5 });
  expect(await observed()).toContain('alertmanager_matrix_webhook_duration_seconds_count 1');
});

test('at the start it is told where webhooks are taken, and for which rooms messages wait in vain', () => {
  const { events, log } = scene();
  events.listening({ url: 'http://127.0.0.1:1', rooms: ['ops', 'dev'], stranded: ['gone'] });
  expect(log).toEqual([
    'level=info msg="taking webhooks" url=http://127.0.0.1:1 rooms=ops,dev',
    'level=warn msg="pending messages for a room that is not configured" room=gone',
  ]);
});

test('a slow disk under the key store is told, a quick one is not', async () => {
  const { events, log, samples } = scene();
  events.keyStoreCommitted(100);
  events.keyStoreCommitted(100.6);
  expect(log).toEqual(['level=warn msg="slow key store commit" duration_ms=101']);
  expect(await samples('alertmanager_matrix_crypto_commits_total')).toEqual([
    'alertmanager_matrix_crypto_commits_total 2',
  ]);
});

test('a failure that holds a room is part of its state until the next delivery; a rate limit is not', () => {
  const { events, states } = scene();
  events.postponed({ ...failed, reason: 'rate_limited' });
  expect(states.notReadyBecause(['ops'])).toBeUndefined();
  events.postponed({ ...failed, holdsRoom: false });
  expect(states.notReadyBecause(['ops'])).toBeUndefined();
  events.postponed(failed);
  expect(states.notReadyBecause(['ops'])).toBe('room ops: delivery fails (unreachable: no answer)');
  events.delivered(delivered);
  expect(states.notReadyBecause(['ops'])).toBeUndefined();
});

test('a sync that fails is part of the state, and does not count as the last success', async () => {
  const { events, states, samples } = scene();
  events.syncChanged(false);
  expect(states.notReadyBecause(['ops'])).toBe('room ops: sync with the homeserver fails');
  expect(await samples('alertmanager_matrix_sync_last_success_timestamp_seconds')).toEqual([
    'alertmanager_matrix_sync_last_success_timestamp_seconds 0',
  ]);
  events.syncChanged(true);
  expect(states.notReadyBecause(['ops'])).toBeUndefined();
});

test('five hundred unauthorized webhooks are one log line, and one when they have stopped', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { events, log, samples } = scene();
  for (let n = 0; n < 500; n++) {
    events.webhook({ receiver: undefined, outcome: 'unauthorized', durationMs: 0 });
    events.webhook({ receiver: 'ops', outcome: 'accepted', durationMs: 1 });
  }
  expect(log).toEqual(['level=warn msg="webhook rejected" outcome=unauthorized']);
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  expect(log.slice(1)).toEqual(['level=info msg="webhooks are no longer rejected" outcome=unauthorized count=500']);
  expect(await samples('alertmanager_matrix_webhooks_total')).toContainEqual(
    expect.stringMatching(/outcome="unauthorized"\} 500$/),
  );
});
