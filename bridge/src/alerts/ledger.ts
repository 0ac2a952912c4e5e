import type { Alert, AlertGroup } from './alert-group.ts';
import { forgetEnded, type PostedAlert, type PostedAlerts } from './posted-alerts.ts';

/** The current card of an alert group. */
export interface Card {
  readonly posted: PostedAlerts;
  /** Time of the last message or edit for this group, in Unix milliseconds. */
  readonly toldAt: number;
  /** False after all of its alerts have ended. */
  readonly isOpen: boolean;
  /** True if the card is in the room. Until then it can still change what it reports. */
  readonly isDelivered: boolean;
}

/** The effect of a notification on the room. */
export type Decision =
  | { readonly kind: 'nothing'; readonly posted?: PostedAlerts }
  | {
      readonly kind: 'open';
      readonly posted: PostedAlerts;
      readonly alerts: readonly Alert[];
      /** Occurrences on the previous card that ended without a notification. */
      readonly superseded: readonly Alert[];
    }
  | {
      readonly kind: 'update';
      readonly posted: PostedAlerts;
      readonly alerts: readonly Alert[];
      /** Occurrences that start. Edits do not notify, so they are also posted as a message. */
      readonly started: readonly Alert[];
      readonly closes: boolean;
    }
  | { readonly kind: 'remind'; readonly alerts: readonly Alert[] };

// Notification reasons of Alertmanager 0.32 and later.
const REPEATED = 'repeat interval elapsed';
const ALL_RESOLVED = 'all alerts resolved';

/**
 * Two Prometheus servers of a pair report starts of one occurrence that differ by up to an evaluation interval. A start
 * after the previous message is always a new occurrence.
 */
const SAME_START_MS = 60_000;

/** Alertmanager retries one repetition for this long (its default group_interval). */
const REPETITION_RETRIED_MS = 5 * 60_000;

/**
 * Compares a notification with the card. Alertmanager delivers at least once (retries, clusters, a lost notification
 * log), and its notifications can be missing (send_resolved: false, silences), so only the occurrence of each alert
 * decides: its fingerprint and its start.
 */
export function decide(
  card: Card | undefined,
  group: AlertGroup,
  { now, remindAfterMs }: { now: number; remindAfterMs: number },
): Decision {
  const known: PostedAlerts = card?.posted ?? new Map();
  const changes = group.alerts.map((alert) => ({ alert, change: changeOf(known.get(alert.fingerprint), alert) }));
  const alerts = changes.filter(({ change }) => change !== 'outdated').map(({ alert }) => alert);
  const withChange = (wanted: Change) => changes.filter(({ change }) => change === wanted).map(({ alert }) => alert);
  const [started, ended, same] = [withChange('started'), withChange('ended'), withChange('same')];
  const endsAll = group.reason === ALL_RESOLVED && !group.alerts.every(isEvent) && hasFiring(known);
  if (started.length + ended.length === 0 && !endsAll) {
    if (card?.isOpen && isReminder(card, group, same, { now, remindAfterMs })) return { kind: 'remind', alerts };
    return withStarts(known, same, now);
  }
  if (!card) return started.length === 0 ? { kind: 'nothing' } : open(known, alerts, [], now);
  const canChange = !card.isDelivered && !group.alerts.every(isEvent);
  if (started.length > 0 && !canChange && isNewEpisode(card, group, { started, ended, same })) {
    const superseded = card.isOpen
      ? started.filter((alert) => !isEvent(alert)).flatMap((alert) => endOf(known, alert))
      : [];
    return open(known, alerts, superseded, now);
  }
  if (started.length === 0 && !card.isOpen) return { kind: 'nothing' };
  const updated = record(known, alerts, now);
  const posted = forgetEnded(endsAll ? endAll(updated, now) : updated, now);
  return { kind: 'update', posted, alerts, started, closes: !hasFiring(posted) };
}

/** Returns true for an alert that reports a moment. It is never shown as resolved and never repeated. */
export function isEvent({ labels }: Pick<Alert, 'labels'>): boolean {
  return labels.notify === 'event';
}

/** Returns true if Alertmanager reports the end of the whole group, including alerts that `max_alerts` cut off. */
export function reportsAllResolved(group: AlertGroup): boolean {
  return group.reason === ALL_RESOLVED;
}

type Change = 'started' | 'ended' | 'same' | 'outdated' | 'unknown';

function changeOf(posted: PostedAlert | undefined, alert: Alert): Change {
  if (alert.status === 'firing') {
    if (!posted || startsOccurrence(alert, posted)) return 'started';
    return posted.status === 'firing' ? 'same' : 'outdated';
  }
  if (isEvent(alert) || !posted) return 'unknown';
  if (posted.status === 'resolved') return 'same';
  return endsOccurrence(alert, posted) ? 'ended' : 'outdated';
}

function startsOccurrence({ startsAt, annotations }: Alert, posted: PostedAlert): boolean {
  // An event stays what it is when Prometheus restarts and Alertmanager has lost its start.
  if (annotations.occurrence !== undefined && annotations.occurrence === posted.occurrence) return false;
  // Stored by an older version: only the status can be compared.
  if (posted.startsAt === undefined) return posted.status === 'resolved';
  if (posted.status === 'resolved' && posted.endsAt !== undefined) return startsAt > posted.endsAt;
  const later = startsAt - posted.startsAt;
  return later > SAME_START_MS || (later > 0 && startsAt > (posted.postedAt ?? Number.POSITIVE_INFINITY));
}

// Alertmanager merges overlapping alerts to the earlier start, so an earlier start alone does not make an end outdated.
function endsOccurrence({ startsAt, endsAt }: Alert, posted: PostedAlert): boolean {
  const start = posted.startsAt ?? Number.NEGATIVE_INFINITY;
  return startsAt >= start || endsAt === undefined || endsAt > start;
}

/** Returns true if the started alerts are a new episode of the group rather than a change of what goes on. */
function isNewEpisode(
  card: Card,
  group: AlertGroup,
  { started, ended, same }: Readonly<Record<'started' | 'ended' | 'same', readonly Alert[]>>,
): boolean {
  if (!card.isOpen) return true;
  if (ended.length > 0 || same.some(({ status }) => status === 'firing')) return false;
  if (!started.some(({ fingerprint }) => card.posted.has(fingerprint))) return false;
  // Alerts that are not mentioned may be silenced, inhibited or cut off. Events do not last.
  const mentioned = new Set(group.alerts.map(({ fingerprint }) => fingerprint));
  const goesOn = [...card.posted].some(([print, { status }]) => status === 'firing' && !mentioned.has(print));
  return !goesOn || group.alerts.every(isEvent);
}

function open(known: PostedAlerts, alerts: readonly Alert[], superseded: readonly Alert[], now: number): Decision {
  const posted = forgetEnded(record(endAll(known, now), alerts, now), now);
  return { kind: 'open', posted, alerts, superseded };
}

function endOf(known: PostedAlerts, alert: Alert): Alert[] {
  const posted = known.get(alert.fingerprint);
  if (posted?.status !== 'firing') return [];
  return [{ ...alert, status: 'resolved', startsAt: posted.startsAt ?? alert.startsAt }];
}

function record(known: PostedAlerts, alerts: readonly Alert[], now: number): PostedAlerts {
  const posted = new Map(known);
  for (const alert of alerts) {
    const before = posted.get(alert.fingerprint);
    if (alert.status === 'resolved' && (isEvent(alert) || before?.status === 'resolved')) continue;
    // The later start: cluster peers may report the same occurrence with different starts.
    const startsAt = Math.max(alert.startsAt, before?.startsAt ?? alert.startsAt);
    posted.set(alert.fingerprint, {
      status: alert.status,
      startsAt,
      ...(alert.endsAt === undefined ? {} : { endsAt: alert.endsAt }),
      postedAt: now,
      ...(alert.annotations.occurrence === undefined ? {} : { occurrence: alert.annotations.occurrence }),
    });
  }
  return posted;
}

function endAll(posted: PostedAlerts, now: number): PostedAlerts {
  return new Map(
    [...posted].map(([print, alert]) => [
      print,
      alert.status === 'firing' ? { ...alert, status: 'resolved' as const, postedAt: now } : alert,
    ]),
  );
}

function hasFiring(posted: PostedAlerts): boolean {
  return [...posted.values()].some(({ status }) => status === 'firing');
}

/** Adds the starts that an older version did not record. */
function withStarts(known: PostedAlerts, same: readonly Alert[], now: number): Decision {
  const missing = same.filter(
    (alert) => alert.status === 'firing' && known.get(alert.fingerprint)?.startsAt === undefined,
  );
  if (missing.length === 0) return { kind: 'nothing' };
  return { kind: 'nothing', posted: record(known, missing, now) };
}

function isReminder(
  card: Card,
  group: AlertGroup,
  same: readonly Alert[],
  { now, remindAfterMs }: { now: number; remindAfterMs: number },
): boolean {
  if (!same.some((alert) => alert.status === 'firing' && !isEvent(alert))) return false;
  const sinceTold = now - card.toldAt;
  if (group.reason === undefined) return sinceTold >= remindAfterMs;
  return group.reason === REPEATED && sinceTold >= Math.min(REPETITION_RETRIED_MS, remindAfterMs);
}
