import type { Alert } from '../alerts/alert-group.ts';
import { isEvent } from '../alerts/ledger.ts';
import { type AlertText, differingLabels } from './describe-alert.ts';
import { ownLinks } from './links.ts';
import { joined, joinedLinks, plain, type Rich } from './rich.ts';
import { type SeverityScale, severitySign } from './severity.ts';
import { oneLine } from './text.ts';
import { type Clock, formatDuration, formatInstant, isRealTime } from './time-text.ts';

/** Below this a duration only says that the message is new. */
const MIN_SHOWN_DURATION_MS = 60_000;

/** The alerts of a message that has several, and what has been said of all of them. */
export interface Siblings {
  readonly alerts: readonly Alert[];
  /** Labels that all of them share. */
  readonly labels: Readonly<Record<string, string>>;
  readonly hasSharedSummary: boolean;
  readonly hasSharedTime: boolean;
}

/** One alert among several: its state, what differs from the others, and since when. */
export function renderItem(
  alert: Alert,
  { name, summary, description }: AlertText,
  siblings: Siblings,
  context: Clock & { readonly severities: SeverityScale },
): Rich {
  const hasOtherNames = siblings.labels.alertname === undefined;
  const words = [
    ...(hasOtherNames && name !== '' && !summary.includes(name) ? [name] : []),
    ...(siblings.hasSharedSummary ? [] : [summary]),
    ...differingLabels(alert, siblings.labels).filter((label) => !summary.includes(valueIn(label))),
  ];
  const what = `${tagOf(alert, siblings, context.severities)}${oneLine(words.join(' · '), 800) || name}`;
  const time = siblings.hasSharedTime ? '' : timesOf(alert, context);
  const details = [plain(time), ...ownLinks(alert, siblings.alerts)].filter(({ html }) => html !== '');
  if (description.length === 0) return joinedLinks([plain(what), ...details]);
  return joined(
    [plain(what), ...description.map(plain), joinedLinks(details)].filter(({ html }) => html !== ''),
    '\n  ',
    '<br>',
  );
}

/** Since when an alert fires or how long it lasted; empty where Alertmanager does not know. */
export function timesOf({ status, labels, startsAt, endsAt }: Alert, clock: Clock): string {
  if (!isRealTime(startsAt)) return '';
  const start = formatInstant(startsAt, clock);
  if (isEvent({ labels })) return start;
  if (status === 'firing') {
    const duration = clock.now - startsAt;
    return `since ${start}${duration < MIN_SHOWN_DURATION_MS ? '' : ` (${formatDuration(duration)})`}`;
  }
  if (endsAt === undefined || !isRealTime(endsAt) || endsAt < startsAt) return `since ${start}, over`;
  return `lasted ${formatDuration(endsAt - startsAt)}, ${start} to ${formatInstant(endsAt, clock)}`;
}

/** Sign and name of the severity. The name is left out where all alerts have the same one and fire. */
function tagOf(alert: Alert, { alerts, labels }: Siblings, severities: SeverityScale): string {
  const severity = oneLine(alert.labels.severity ?? '', 30);
  if (isEvent(alert)) return '🔔 ';
  if (alert.status === 'resolved') return '✅ [resolved] ';
  const sign = severitySign(alert.labels.severity, severities);
  const isSame = labels.severity !== undefined && alerts.every(({ status }) => status === 'firing');
  return severity === '' || isSame ? `${sign} ` : `${sign} [${severity}] `;
}

function valueIn(label: string): string {
  return label.slice(label.indexOf('=') + 1);
}
