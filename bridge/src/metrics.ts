/** The bridge's metrics as data: what is exported, documented, and used by dashboards and rules. */
export interface MetricDefinition {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];
const COMMIT_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];

export const BRIDGE_METRICS = {
  alertmanager_matrix_webhooks_total: {
    type: 'counter',
    help: 'Webhook requests by outcome. The receiver is empty when the body was not read, and `other` when its name is too long or there are too many.',
    labels: ['receiver', 'outcome'],
  },
  alertmanager_matrix_webhook_duration_seconds: {
    type: 'histogram',
    help: 'Time from receiving a webhook until its notification is on disk and the response is sent.',
    labels: [],
    buckets: LATENCY_BUCKETS,
  },
  alertmanager_matrix_outbox_pending: {
    type: 'gauge',
    help: 'Messages stored in the outbox that have not reached the room.',
    labels: ['room', 'priority'],
  },
  alertmanager_matrix_outbox_oldest_pending_seconds: {
    type: 'gauge',
    help: 'Age of the oldest message that has not reached the room; 0 if there is none.',
    labels: ['room'],
  },
  alertmanager_matrix_outbox_buried: {
    type: 'gauge',
    help: 'Messages that the homeserver rejected and that are no longer retried.',
    labels: ['room'],
  },
  alertmanager_matrix_deliveries_total: {
    type: 'counter',
    help: 'Delivery attempts by outcome: sent, retried or buried.',
    labels: ['room', 'kind', 'outcome'],
  },
  alertmanager_matrix_delivery_duration_seconds: {
    type: 'histogram',
    help: 'Time from accepting a webhook until the homeserver accepted its message.',
    labels: ['room'],
    buckets: LATENCY_BUCKETS,
  },
  alertmanager_matrix_delivery_failures_total: {
    type: 'counter',
    help: 'Failed delivery attempts by reason.',
    labels: ['room', 'reason'],
  },
  alertmanager_matrix_homeserver_failures_total: {
    type: 'counter',
    help: 'Requests to the homeserver that received no complete response, by reason.',
    labels: ['reason'],
  },
  alertmanager_matrix_rate_limited_until_timestamp_seconds: {
    type: 'gauge',
    help: "End of the homeserver's last rate limit; 0 if there was none.",
    labels: [],
  },
  alertmanager_matrix_sync_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'Time of the last successful sync with the homeserver; 0 before the first.',
    labels: [],
  },
  alertmanager_matrix_room_joined: {
    type: 'gauge',
    help: '1 if the bridge is a member of the room, 0 otherwise.',
    labels: ['room'],
  },
  alertmanager_matrix_room_encrypted: {
    type: 'gauge',
    help: '1 if the room is known to be encrypted, 0 otherwise.',
    labels: ['room'],
  },
  alertmanager_matrix_room_unsigned_devices: {
    type: 'gauge',
    help: "Devices of the room's members without a signature of their owner. With `encryption.devices: signed` they cannot read messages.",
    labels: ['room'],
  },
  alertmanager_matrix_keys_withheld_total: {
    type: 'counter',
    help: 'Devices that were told that they do not receive a message key, by the Matrix code of the reason.',
    labels: ['room', 'code'],
  },
  alertmanager_matrix_device_cross_signed: {
    type: 'gauge',
    help: "1 if the account's identity has signed the bridge's device, 0 otherwise. Clients warn about messages from unsigned devices or hide them.",
    labels: [],
  },
  alertmanager_matrix_crypto_commits_total: {
    type: 'counter',
    help: 'Key store transactions written to disk.',
    labels: [],
  },
  alertmanager_matrix_crypto_commit_duration_seconds: {
    type: 'histogram',
    help: 'Duration of a key store transaction on disk. The bridge is blocked during this time.',
    labels: [],
    buckets: COMMIT_BUCKETS,
  },
  alertmanager_matrix_crypto_records: {
    type: 'gauge',
    help: 'Records in the key store. All of them are also in memory.',
    labels: [],
  },
  alertmanager_matrix_heartbeat_last_timestamp_seconds: {
    type: 'gauge',
    help: 'Time of the last signal of a heartbeat; 0 before the first since the start.',
    labels: ['name'],
  },
  alertmanager_matrix_bridge_build_info: {
    type: 'gauge',
    help: 'Version, revision and Node version of the bridge; always 1.',
    labels: ['version', 'revision', 'node'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type BridgeMetric = keyof typeof BRIDGE_METRICS;
