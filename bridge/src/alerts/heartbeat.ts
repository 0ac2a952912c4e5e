import { createHash } from 'node:crypto';
import type { Alert, AlertGroup } from './alert-group.ts';

/** A signal that must arrive regularly, such as the always-firing Watchdog alert of Prometheus. */
export interface HeartbeatConfig {
  readonly name: string;
  /** The heartbeat is missing after this time without a signal. */
  readonly timeoutMs: number;
  /** Name of the room that gets the message. */
  readonly room: string;
  readonly severity: string;
}

/** Receiver name of the bridge's own notifications. */
const RECEIVER = 'heartbeat';

/** Alertmanager writes an unknown time as year 1, and messages leave it out. */
const UNKNOWN_TIME = Date.parse('0001-01-01T00:00:00Z');

/** Returns the notification that a heartbeat is missing since `missingSince` (Unix milliseconds). */
export function heartbeatMissing(config: HeartbeatConfig, missingSince: number): AlertGroup {
  return groupOf(config, { status: 'firing', startsAt: missingSince });
}

/**
 * Returns the notification that the heartbeat is back.
 * @param missingSince undefined if an earlier process announced the heartbeat as missing, or none did
 */
export function heartbeatBack(config: HeartbeatConfig, missingSince: number | undefined, now: number): AlertGroup {
  return groupOf(config, { status: 'resolved', startsAt: missingSince ?? UNKNOWN_TIME, endsAt: now });
}

function groupOf(
  { name, timeoutMs, severity }: HeartbeatConfig,
  state: Pick<Alert, 'status' | 'startsAt' | 'endsAt'>,
): AlertGroup {
  const labels = { alertname: 'HeartbeatMissing', heartbeat: name, severity };
  const since = state.startsAt === UNKNOWN_TIME ? '' : ` since ${new Date(state.startsAt - timeoutMs).toISOString()}`;
  const alert: Alert = {
    ...state,
    labels,
    annotations: {
      summary: `No heartbeat from ${name}${since}`,
      description: 'Alerts from there may not arrive. Check Prometheus, Alertmanager and the network between them.',
    },
    generatorUrl: '',
    fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
  };
  return {
    receiver: RECEIVER,
    groupKey: `heartbeat:${name}`,
    groupLabels: { alertname: labels.alertname, heartbeat: name },
    truncatedAlerts: 0,
    alerts: [alert],
  };
}
