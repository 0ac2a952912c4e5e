import type { Alert } from '../alerts/alert-group.ts';
import { isEvent } from '../alerts/ledger.ts';
import { placeLabels } from './describe-alert.ts';
import { type SeverityScale, severityRank, severitySign } from './severity.ts';
import { oneLine } from './text.ts';

/** Fits the lock screen of a phone. The rule's own words are never cut for it, only what the bridge adds. */
const LOCK_SCREEN_CHARACTERS = 60;
const MAX_HEADLINE_CHARACTERS = 300;

export interface HeadlineSource {
  readonly about: 'group' | 'started' | 'reminder';
  readonly alerts: readonly Alert[];
  /** Summary of each alert, in the order of the alerts. */
  readonly summaries: readonly string[];
  /** Labels that tell where it happened, the most telling first. */
  readonly places: Readonly<Record<string, string>>;
  /** Firing alerts that are not in the list: cut off by `max_alerts`, or not mentioned this time. */
  readonly unlisted: number;
  readonly severities: SeverityScale;
}

export interface Headline {
  readonly text: string;
  /** Places for which the headline had no room. */
  readonly leftOut: readonly string[];
}

/** The line that a lock screen shows: state and severity as one sign, what happened, and where. */
export function headlineOf(source: HeadlineSource): Headline {
  const { alerts, unlisted } = source;
  const firing = alerts.filter(({ status }) => status === 'firing');
  const isOver = firing.length + unlisted === 0 && !alerts.every(isEvent);
  const what = `${signOf(source, firing, isOver)} ${whatHappened(source, firing, isOver)}`;
  const places = placeLabels(source.places).filter((place) => !mentions(what, place));
  const [shown, leftOut] = fitting(what, places);
  const text = shown.length === 0 ? what : `${what} · ${shown.join(', ')}`;
  return { text: oneLine(text, MAX_HEADLINE_CHARACTERS), leftOut };
}

function signOf({ alerts, severities }: HeadlineSource, firing: readonly Alert[], isOver: boolean): string {
  if (alerts.every(isEvent)) return '🔔';
  if (isOver) return '✅';
  const [most] = (firing.length === 0 ? alerts : firing).toSorted(
    (a, b) => severityRank(a.labels.severity, severities) - severityRank(b.labels.severity, severities),
  );
  return severitySign(most?.labels.severity, severities);
}

function whatHappened(source: HeadlineSource, firing: readonly Alert[], isOver: boolean): string {
  const { about, alerts, summaries, unlisted } = source;
  if (alerts.length === 1 && unlisted === 0) {
    const state = isOver ? 'Resolved: ' : about === 'reminder' ? 'Still firing: ' : '';
    return `${state}${summaries[0] ?? 'Alert'}`;
  }
  const names = countByName(alerts);
  if (alerts.every(isEvent)) return `${alerts.length} events: ${names}`;
  if (isOver) return `${alerts.length} resolved: ${names}`;
  const count = firing.length + unlisted;
  const resolved = alerts.filter((alert) => alert.status === 'resolved' && !isEvent(alert)).length;
  const more = about === 'started' ? ' more' : '';
  const still = about === 'reminder' ? 'Still ' : '';
  return `${still}${count}${more} firing${resolved === 0 ? '' : `, ${resolved} resolved`}: ${names}`;
}

/** Counts by alert name. Names are left out together, because some of them would stand for all. */
function countByName(alerts: readonly Alert[]): string {
  const counts = new Map<string, number>();
  for (const { labels } of alerts) {
    const name = oneLine(labels.alertname ?? '', 60) || 'Alert';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 1) return [...counts.keys()].join('');
  const all = [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name}`)).join(', ');
  return [...all].length <= LOCK_SCREEN_CHARACTERS ? all : `${counts.size} kinds of alerts`;
}

function mentions(text: string, place: string): boolean {
  const value = place.slice(place.indexOf('=') + 1);
  return value.length > 1 && text.includes(value);
}

function fitting(what: string, places: readonly string[]): [shown: string[], leftOut: string[]] {
  const shown: string[] = [];
  const leftOut: string[] = [];
  let left = LOCK_SCREEN_CHARACTERS - [...what].length - ' · '.length;
  for (const place of places) {
    const needed = [...place].length + (shown.length === 0 ? 0 : ', '.length);
    (needed <= left ? shown : leftOut).push(place);
    if (needed <= left) left -= needed;
  }
  return [shown, leftOut];
}
