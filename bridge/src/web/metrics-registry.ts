import { buildInfo } from '@repo/common/build-info';
import { CONNECTION_FAILURES } from '@repo/common/outbound/connection-failure';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DELIVERY_REASONS } from '../delivery/delivery-error.ts';
import type { RoomStates } from '../delivery/room-states.ts';
import { BRIDGE_METRICS, type BridgeMetric } from '../metrics.ts';
import { MESSAGE_KINDS, type Outbox, PRIORITIES } from '../outbox/outbox.ts';

export interface MetricSources {
  readonly outbox: Outbox;
  readonly rooms: readonly string[];
  readonly now: () => number;
  readonly states: Pick<RoomStates, 'isJoined' | 'isEncrypted'>;
  /** Names of the configured heartbeats. */
  readonly heartbeats: readonly string[];
  readonly keyRecords: () => number;
  readonly nodeVersion: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

// These gauges of prom-client end in _total, which is for counters only.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Codes of `m.room_key.withheld` that are exported by name. */
export const WITHHELD_CODES = ['m.blacklisted', 'm.unverified', 'm.unauthorised', 'm.unavailable', 'm.no_olm'] as const;

/** Registers the metrics of the catalogue. Every known label value is exported from the start, at zero. */
export function createMetrics(sources: MetricSources) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const define = <Name extends BridgeMetric>(name: Name) => ({
    name,
    help: BRIDGE_METRICS[name].help,
    labelNames: BRIDGE_METRICS[name].labels,
    registers: [registry],
  });
  const histogram = (name: 'webhook_duration' | 'delivery_duration' | 'crypto_commit_duration') => {
    const fullName = `alertmanager_matrix_${name}_seconds` as const;
    return new Histogram<string>({ ...define(fullName), buckets: [...BRIDGE_METRICS[fullName].buckets] });
  };
  registerRoomGauges(define, sources);
  new Gauge({
    ...define('alertmanager_matrix_crypto_records'),
    collect() {
      this.set(sources.keyRecords());
    },
  });
  const build = { ...buildInfo, node: sources.nodeVersion };
  new Gauge(define('alertmanager_matrix_bridge_build_info')).set(build, 1);
  const metrics = {
    registry,
    webhooks: new Counter(define('alertmanager_matrix_webhooks_total')),
    webhookDuration: histogram('webhook_duration'),
    deliveries: new Counter(define('alertmanager_matrix_deliveries_total')),
    deliveryDuration: histogram('delivery_duration'),
    deliveryFailures: new Counter(define('alertmanager_matrix_delivery_failures_total')),
    homeserverFailures: new Counter(define('alertmanager_matrix_homeserver_failures_total')),
    rateLimitedUntil: new Gauge(define('alertmanager_matrix_rate_limited_until_timestamp_seconds')),
    syncLastSuccess: new Gauge(define('alertmanager_matrix_sync_last_success_timestamp_seconds')),
    heartbeatLast: new Gauge(define('alertmanager_matrix_heartbeat_last_timestamp_seconds')),
    keysWithheld: new Counter(define('alertmanager_matrix_keys_withheld_total')),
    unsignedDevices: new Gauge(define('alertmanager_matrix_room_unsigned_devices')),
    deviceCrossSigned: new Gauge(define('alertmanager_matrix_device_cross_signed')),
    cryptoCommits: new Counter(define('alertmanager_matrix_crypto_commits_total')),
    cryptoCommitDuration: histogram('crypto_commit_duration'),
  };
  for (const room of sources.rooms) {
    for (const code of [...WITHHELD_CODES, 'other']) metrics.keysWithheld.inc({ room, code }, 0);
    for (const reason of DELIVERY_REASONS) metrics.deliveryFailures.inc({ room, reason }, 0);
    for (const kind of MESSAGE_KINDS) {
      for (const outcome of ['sent', 'retried', 'buried']) metrics.deliveries.inc({ room, kind, outcome }, 0);
    }
  }
  for (const name of sources.heartbeats) metrics.heartbeatLast.set({ name }, 0);
  for (const reason of CONNECTION_FAILURES) metrics.homeserverFailures.inc({ reason }, 0);
  return metrics;
}

type Define = <Name extends BridgeMetric>(
  name: Name,
) => { name: Name; help: string; labelNames: (typeof BRIDGE_METRICS)[Name]['labels']; registers: Registry[] };

function registerRoomGauges(define: Define, { outbox, rooms, now, states }: MetricSources): void {
  const roomGauge = (name: BridgeMetric, value: (room: string) => number | undefined) =>
    new Gauge<string>({
      ...define(name),
      collect() {
        for (const room of rooms) {
          const current = value(room);
          if (current !== undefined) this.set({ room }, current);
        }
      },
    });
  new Gauge({
    ...define('alertmanager_matrix_outbox_pending'),
    collect() {
      for (const room of rooms) {
        for (const priority of PRIORITIES) this.set({ room, priority }, 0);
        for (const { priority, count } of outbox.pending(room)) this.set({ room, priority }, count);
      }
    },
  });
  roomGauge('alertmanager_matrix_outbox_oldest_pending_seconds', (room) =>
    Math.max(0, ...outbox.pending(room).map(({ oldestAcceptedAt }) => (now() - oldestAcceptedAt) / 1000)),
  );
  roomGauge('alertmanager_matrix_outbox_buried', (room) => outbox.buried(room));
  roomGauge('alertmanager_matrix_room_joined', (room) => asNumber(states.isJoined(room)));
  roomGauge('alertmanager_matrix_room_encrypted', (room) => asNumber(states.isEncrypted(room)));
}

/** An absent series means not applicable. */
function asNumber(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
