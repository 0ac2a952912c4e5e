import type { Alert, AlertGroup } from './alert-group.ts';

/** What a card in the room already tells: each alert's fingerprint with the state in which it was last posted. */
export type PostedAlerts = Readonly<Record<string, Alert['status']>>;

/** An open card, the one message of an alert group that is still being edited. */
export interface OpenCard {
  readonly posted: PostedAlerts;
  /** Unix milliseconds of the last message or edit that this group caused. */
  readonly toldAt: number;
}

/** What a delivery means for the room. */
export type Decision =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'open'; readonly posted: PostedAlerts }
  | {
      readonly kind: 'update';
      readonly posted: PostedAlerts;
      /** Fingerprints that fire and were not told yet: they deserve a message of their own, since edits notify nobody. */
      readonly started: readonly string[];
      readonly closes: boolean;
    }
  | { readonly kind: 'remind' };

/** The reason Alertmanager (since 0.32) gives for a notification that repeats an earlier one. */
const REPEATED = 'repeat interval elapsed';

/** For so long (its default group_interval) Alertmanager tries again to deliver one and the same repetition. */
const REPETITION_RETRIED_MS = 5 * 60_000;

/**
 * Compares a delivery with what the room was told. Alertmanager delivers at least once (retries, clusters, a lost
 * notification log), so only a difference is news; repeating is for alerts that last, and only when it is due.
 */
export function decide(
  card: OpenCard | undefined,
  group: AlertGroup,
  { now, remindAfterMs }: { now: number; remindAfterMs: number },
): Decision {
  const news = group.alerts.filter((alert) => alert.status === 'firing' || !isEvent(alert));
  if (!card) {
    const firing = news.filter((alert) => alert.status === 'firing');
    return firing.length === 0 ? { kind: 'nothing' } : { kind: 'open', posted: statesOf(news) };
  }
  const started = news.filter((alert) => alert.status === 'firing' && card.posted[alert.fingerprint] !== 'firing');
  const ended = news.filter((alert) => alert.status === 'resolved' && card.posted[alert.fingerprint] === 'firing');
  if (started.length + ended.length > 0) {
    // An alert that is not mentioned is not resolved: it may be silenced, inhibited or cut off by max_alerts.
    const unmentioned = Object.entries(card.posted).filter(([, state]) => state === 'firing');
    const posted = { ...Object.fromEntries(unmentioned), ...statesOf(news) };
    const closes = Object.values(posted).every((state) => state === 'resolved');
    return { kind: 'update', posted, started: started.map((alert) => alert.fingerprint), closes };
  }
  return isReminder(card, group, now, remindAfterMs) ? { kind: 'remind' } : { kind: 'nothing' };
}

/** An event happened and is over: it is never shown as resolved, and telling it twice would make it two. */
export function isEvent({ labels }: Pick<Alert, 'labels'>): boolean {
  return labels.notify === 'event';
}

/** Firing alerts of the card that the notification does not mention. */
export function countUnmentioned(posted: PostedAlerts, group: AlertGroup): number {
  const mentioned = new Set(group.alerts.map((alert) => alert.fingerprint));
  return Object.entries(posted).filter(([print, state]) => state === 'firing' && !mentioned.has(print)).length;
}

function isReminder(card: OpenCard, group: AlertGroup, now: number, remindAfterMs: number): boolean {
  const lasts = group.alerts.some((alert) => alert.status === 'firing' && !isEvent(alert));
  if (!lasts) return false;
  const sinceTold = now - card.toldAt;
  if (group.reason === undefined) return sinceTold >= remindAfterMs;
  return group.reason === REPEATED && sinceTold >= Math.min(REPETITION_RETRIED_MS, remindAfterMs);
}

function statesOf(alerts: readonly Alert[]): PostedAlerts {
  return Object.fromEntries(alerts.map((alert) => [alert.fingerprint, alert.status]));
}
