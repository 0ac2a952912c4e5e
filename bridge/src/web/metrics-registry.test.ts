import { expect, test } from 'vitest';
import { alert, group, NOON } from '../../test/alerts.ts';
import { TestStore } from '../../test/store.ts';
import { createRoomStates } from '../delivery/room-states.ts';
import { createMetrics } from './metrics-registry.ts';

function scene() {
  const store = new TestStore();
  const states = createRoomStates({ account: true });
  const metrics = createMetrics({
    outbox: store.outbox,
    rooms: ['ops', 'dev'],
    now: () => store.now,
    states,
    heartbeats: ['prod'],
    keyRecords: () => 42,
    nodeVersion: 'v24.0.0',
  });
  const scrape = async () => (await metrics.registry.metrics()).split('\n');
  const sample = async (series: string) =>
    (await scrape()).find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);
  return { store, states, scrape, sample };
}

test('these metrics are served, each with its type', async () => {
  const { scrape } = scene();
  const types = (await scrape()).filter((line) => line.startsWith('# TYPE alertmanager_matrix_'));
  expect(types.map((line) => line.replace('# TYPE alertmanager_matrix_', '')).sort()).toEqual([
    'bridge_build_info gauge',
    'crypto_commit_duration_seconds histogram',
    'crypto_commits_total counter',
    'crypto_records gauge',
    'deliveries_total counter',
    'delivery_duration_seconds histogram',
    'delivery_failures_total counter',
    'device_cross_signed gauge',
    'heartbeat_last_timestamp_seconds gauge',
    'homeserver_failures_total counter',
    'keys_withheld_total counter',
    'outbox_buried gauge',
    'outbox_oldest_pending_seconds gauge',
    'outbox_pending gauge',
    'rate_limited_until_timestamp_seconds gauge',
    'room_encrypted gauge',
    'room_joined gauge',
    'room_unsigned_devices gauge',
    'sync_last_success_timestamp_seconds gauge',
    'webhook_duration_seconds histogram',
    'webhooks_total counter',
  ]);
});

test('before anything has happened every room has its series, at zero', async () => {
  const { scrape } = scene();
  const lines = await scrape();
  for (const room of ['ops', 'dev']) {
    for (const kind of ['card', 'edit', 'thread']) {
      for (const outcome of ['sent', 'retried', 'buried']) {
        expect(lines).toContain(
          `alertmanager_matrix_deliveries_total{room="${room}",kind="${kind}",outcome="${outcome}"} 0`,
        );
      }
    }
    for (const priority of ['critical', 'normal']) {
      expect(lines).toContain(`alertmanager_matrix_outbox_pending{room="${room}",priority="${priority}"} 0`);
    }
    for (const name of ['outbox_oldest_pending_seconds', 'outbox_buried', 'room_joined', 'room_encrypted']) {
      expect(lines).toContain(`alertmanager_matrix_${name}{room="${room}"} 0`);
    }
  }
});

test('the outbox shows what waits, how long already, and what is buried; and falls back to zero', async () => {
  const { store, sample } = scene();
  await store.intake.accept(group([alert()]), 'ops');
  await store.intake.accept(group([alert({ labels: { severity: 'critical' } })], { groupKey: 'b' }), 'ops');
  store.now = NOON + 90_000;
  expect(await sample('alertmanager_matrix_outbox_pending{room="ops",priority="normal"}')).toBe('1');
  expect(await sample('alertmanager_matrix_outbox_pending{room="ops",priority="critical"}')).toBe('1');
  expect(await sample('alertmanager_matrix_outbox_oldest_pending_seconds{room="ops"}')).toBe('90');
  const row = store.head();
  if (row) store.outbox.bury(row, { reason: 'too_large', error: 'too large' });
  store.drain();
  expect(await sample('alertmanager_matrix_outbox_pending{room="ops",priority="normal"}')).toBe('0');
  expect(await sample('alertmanager_matrix_outbox_oldest_pending_seconds{room="ops"}')).toBe('0');
  expect(await sample('alertmanager_matrix_outbox_buried{room="ops"}')).toBe('1');
});

test('rooms show whether the bridge is in them and whether they are encrypted', async () => {
  const { states, sample } = scene();
  states.setRooms(new Map([['ops', { isJoined: true, isEncrypted: false }]]));
  expect(await sample('alertmanager_matrix_room_joined{room="ops"}')).toBe('1');
  expect(await sample('alertmanager_matrix_room_encrypted{room="ops"}')).toBe('0');
  expect(await sample('alertmanager_matrix_room_joined{room="dev"}')).toBe('0');
});

test('the size of the key store and the build are shown', async () => {
  const { scrape, sample } = scene();
  expect(await sample('alertmanager_matrix_crypto_records')).toBe('42');
  expect((await scrape()).join('\n')).toMatch(
    /^alertmanager_matrix_bridge_build_info\{version="[^"]+",revision="[^"]+",node="v24\.0\.0"\} 1$/m,
  );
});
