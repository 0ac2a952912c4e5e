import type { Alert } from '../alerts/alert-group.ts';
import { isEvent } from '../alerts/ledger.ts';
import type { PostedAlerts } from '../alerts/posted-alerts.ts';
import type { MessageSource } from './outbox.ts';

/**
 * Removes alerts that have ended from a thread message that still waits: an alert that is over when its turn comes is not
 * news. Returns `undefined` if nothing is left, and the same object if nothing changes.
 */
export function withoutEnded(source: MessageSource, posted: PostedAlerts): MessageSource | undefined {
  const alerts = source.group.alerts.filter((alert) => goesOn(alert, posted));
  if (alerts.length === source.group.alerts.length) return source;
  return alerts.some(({ status }) => status === 'firing')
    ? { ...source, group: { ...source.group, alerts } }
    : undefined;
}

/** Combines two waiting messages about started alerts into one. */
export function mergeStarted(older: MessageSource, newer: MessageSource): MessageSource {
  const known = new Set(newer.group.alerts.map(({ fingerprint }) => fingerprint));
  const alerts = [...older.group.alerts.filter(({ fingerprint }) => !known.has(fingerprint)), ...newer.group.alerts];
  return { ...newer, group: { ...newer.group, alerts } };
}

function goesOn(alert: Alert, posted: PostedAlerts): boolean {
  if (isEvent(alert)) return true;
  const current = posted.get(alert.fingerprint);
  return alert.status === 'firing' && current?.status === 'firing' && (current.startsAt ?? 0) <= alert.startsAt;
}
