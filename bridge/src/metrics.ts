import { buildInfo } from '@repo/common/build-info';
import { CONNECTION_FAILURES } from '@repo/common/outbound/connection-failure';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RoomStates } from './delivery/room-states.ts';
import { MESSAGE_KINDS, type Outbox, PRIORITIES } from './outbox/outbox.ts';

const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];
const COMMIT_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];

export interface MetricSources {
  readonly outbox: Outbox;
  readonly rooms: readonly string[];
  readonly now: () => number;
  readonly states: Pick<RoomStates, 'isJoined' | 'isEncrypted'>;
  readonly keyRecords: () => number;
  readonly nodeVersion: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** The bridge's metrics; every label value that can occur is there from the start, at zero. */
export function createMetrics({ outbox, rooms, now, states, keyRecords, nodeVersion }: MetricSources) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const roomGauge = (name: string, help: string, value: (room: string) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['room'] as const,
      registers,
      collect() {
        for (const room of rooms) this.set({ room }, value(room));
      },
    });

  new Gauge({
    name: 'alertmanager_matrix_outbox_pending',
    help: 'Messages that are committed and not yet in the room.',
    labelNames: ['room', 'priority'] as const,
    registers,
    collect() {
      for (const room of rooms) {
        for (const priority of PRIORITIES) this.set({ room, priority }, 0);
        for (const { priority, count } of outbox.pending(room)) this.set({ room, priority }, count);
      }
    },
  });
  roomGauge(
    'alertmanager_matrix_outbox_oldest_pending_seconds',
    'Age of the oldest message that is not yet in the room; 0 when none waits.',
    (room) => Math.max(0, ...outbox.pending(room).map(({ oldestAcceptedAt }) => (now() - oldestAcceptedAt) / 1000)),
  );
  roomGauge(
    'alertmanager_matrix_outbox_buried',
    'Messages that the homeserver refuses for good; they are kept until an operator decides.',
    (room) => outbox.buried(room),
  );
  roomGauge('alertmanager_matrix_room_joined', 'Whether the bridge is a member of the room.', (room) =>
    Number(states.isJoined(room)),
  );
  roomGauge('alertmanager_matrix_room_encrypted', 'Whether the room is encrypted, as far as is known.', (room) =>
    Number(states.isEncrypted(room)),
  );
  new Gauge({
    name: 'alertmanager_matrix_crypto_records',
    help: 'Records in the key store; all of them are held in memory.',
    registers,
    collect() {
      this.set(keyRecords());
    },
  });
  new Gauge({
    name: 'alertmanager_matrix_bridge_build_info',
    help: 'Constant 1, with the version as labels.',
    labelNames: ['version', 'revision', 'node'] as const,
    registers,
  }).set({ ...buildInfo, node: nodeVersion }, 1);

  const deliveries = new Counter({
    name: 'alertmanager_matrix_deliveries_total',
    help: 'Outcomes of sending messages: sent, to be retried, or buried.',
    labelNames: ['room', 'kind', 'outcome'] as const,
    registers,
  });
  for (const room of rooms) {
    for (const kind of MESSAGE_KINDS) {
      for (const outcome of ['sent', 'retried', 'buried']) deliveries.inc({ room, kind, outcome }, 0);
    }
  }
  const homeserverFailures = new Counter({
    name: 'alertmanager_matrix_homeserver_failures_total',
    help: 'Requests to the homeserver that got no answer, by the reason.',
    labelNames: ['reason'] as const,
    registers,
  });
  for (const reason of CONNECTION_FAILURES) homeserverFailures.inc({ reason }, 0);
  return {
    registry,
    deliveries,
    webhooks: new Counter({
      name: 'alertmanager_matrix_webhooks_total',
      help: 'Webhook requests by what became of them; the receiver is empty where the body was not read.',
      labelNames: ['receiver', 'outcome'] as const,
      registers,
    }),
    webhookDuration: new Histogram({
      name: 'alertmanager_matrix_webhook_duration_seconds',
      help: 'Time until a webhook was answered, which is after its notification was on disk.',
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    deliveryDuration: new Histogram({
      name: 'alertmanager_matrix_delivery_duration_seconds',
      help: 'Time from the acceptance of a webhook until the homeserver had the message.',
      labelNames: ['room'] as const,
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    rateLimitedUntil: new Gauge({
      name: 'alertmanager_matrix_rate_limited_until_timestamp_seconds',
      help: 'Until when the homeserver last asked to wait; 0 when it never did.',
      registers,
    }),
    deviceCrossSigned: new Gauge({
      name: 'alertmanager_matrix_device_cross_signed',
      help: "Whether the device is signed by its owner's identity; clients warn of messages of others, or hide them.",
      registers,
    }),
    homeserverFailures,
    syncLastSuccess: new Gauge({
      name: 'alertmanager_matrix_sync_last_success_timestamp_seconds',
      help: 'When the homeserver last answered a sync; 0 before the first.',
      registers,
    }),
    cryptoCommits: new Counter({
      name: 'alertmanager_matrix_crypto_commits_total',
      help: 'Transactions of the key store that were written to disk.',
      registers,
    }),
    cryptoCommitDuration: new Histogram({
      name: 'alertmanager_matrix_crypto_commit_duration_seconds',
      help: 'Time that a transaction of the key store took to reach the disk; it holds up everything else meanwhile.',
      buckets: COMMIT_BUCKETS,
      registers,
    }),
  };
}
