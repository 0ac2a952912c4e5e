import type { Alert, AlertGroup } from '../src/alerts/alert-group.ts';

/** 2026-11-25 12:00 UTC. */
export const NOON = Date.UTC(2026, 10, 25, 12);

export function alert(overrides: Partial<Alert> = {}): Alert {
  return {
    status: 'firing',
    labels: { alertname: 'DiskFull', severity: 'warning', host: 'a' },
    annotations: { summary: 'The disk is full' },
    startsAt: NOON,
    generatorUrl: '',
    fingerprint: 'print-a',
    ...overrides,
  };
}

export function group(alerts: readonly Alert[] = [alert()], overrides: Partial<AlertGroup> = {}): AlertGroup {
  return {
    receiver: 'ops',
    groupKey: '{}:{alertname="DiskFull"}',
    groupLabels: { alertname: 'DiskFull' },
    truncatedAlerts: 0,
    alerts,
    ...overrides,
  };
}

export const resolved = (of: Alert = alert()): Alert => ({ ...of, status: 'resolved', endsAt: NOON + 60_000 });

export const event = (overrides: Partial<Alert> = {}): Alert =>
  alert({ labels: { alertname: 'ResetMoved', severity: 'info', notify: 'event' }, ...overrides });
