import type { Alert } from '../alerts/alert-group.ts';
import { cleanLines, oneLine } from './text.ts';
import { type Clock, localizeInstants } from './time-text.ts';

const MAX_SUMMARY_CHARACTERS = 500;
const MAX_DESCRIPTION_CHARACTERS = 1_500;
const MAX_DESCRIPTION_LINES = 30;

/** Labels that say nothing about where a problem is. */
const NO_PLACE: ReadonlySet<string> = new Set(['alertname', 'severity', 'notify', 'alertgroup', 'prometheus']);

/** An alert in the rule's own words, with its times in the room's time zone. */
export interface AlertText {
  readonly name: string;
  readonly summary: string;
  /** Lines of the longer text; none when the summary has said it all. */
  readonly description: readonly string[];
}

/**
 * The texts of an alert. Rules of all ages are understood: `summary` or else `title`, `message`, the first line of
 * `description`; blank annotations count as absent.
 */
export function describeAlert(alert: Alert, clock: Clock): AlertText {
  const { summary, title, message, description } = alert.annotations;
  const limits = { maxLines: MAX_DESCRIPTION_LINES, maxCharacters: MAX_DESCRIPTION_CHARACTERS };
  const lines = cleanLines(firstFilled(description, message) ?? '', limits);
  const short = firstFilled(summary, title) ?? lines[0] ?? '';
  const name = oneLine(alert.labels.alertname ?? '', 100);
  const shown = localizeInstants(oneLine(short, MAX_SUMMARY_CHARACTERS), clock);
  const localized = lines.map((line) => localizeInstants(line, clock));
  return {
    name,
    summary: shown === '' ? name || 'Alert' : shown,
    description: localized[0] === shown ? localized.slice(1) : localized,
  };
}

/** Labels that tell where a problem is, as `name=value`. Times written as Unix seconds only tell occurrences apart. */
export function placeLabels(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels)
    .filter(([label, value]) => !NO_PLACE.has(label) && value !== '' && !/^\d{10}$/.test(value))
    .map(([label, value]) => oneLine(`${label}=${value}`, 200));
}

/** Labels that all the alerts have with the same value. */
export function commonLabels(alerts: readonly Alert[]): Record<string, string> {
  const [first, ...others] = alerts;
  return Object.fromEntries(
    Object.entries(first?.labels ?? {}).filter(([label, value]) =>
      others.every(({ labels }) => Object.hasOwn(labels, label) && labels[label] === value),
    ),
  );
}

/** Labels in which an alert differs from the others of its group. */
export function differingLabels(alert: Alert, common: Readonly<Record<string, string>>): string[] {
  return placeLabels(
    Object.fromEntries(Object.entries(alert.labels).filter(([label]) => !Object.hasOwn(common, label))),
  );
}

function firstFilled(...texts: readonly (string | undefined)[]): string | undefined {
  return texts.find((text) => text !== undefined && text.trim() !== '');
}
