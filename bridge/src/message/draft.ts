import type { Alert } from '../alerts/alert-group.ts';
import { reportsAllResolved } from '../alerts/ledger.ts';
import type { MessageSource } from '../outbox/outbox.ts';
import { type AlertText, commonLabels, describeAlert } from './describe-alert.ts';
import { headlineOf } from './headline.ts';
import { renderItem, timesOf } from './item.ts';
import { sharedLinks } from './links.ts';
import { bold, plain, type Rich } from './rich.ts';
import { type SeverityScale, severityRank } from './severity.ts';
import { silenceUrl } from './silence-url.ts';
import { oneLine } from './text.ts';
import type { Clock } from './time-text.ts';

/** Settings of a room that its messages depend on, and the current time. */
export interface RenderContext extends Clock {
  readonly severities: SeverityScale;
}

/** More alerts never fit into a message, so describing them would be wasted. */
const MAX_LISTED = 500;

/** A message in its parts, before its length is limited. */
export interface Draft {
  readonly headline: Rich;
  /** Lines that hold for all alerts. */
  readonly common: readonly Rich[];
  /** One for each alert of several: what differs. */
  readonly items: readonly Rich[];
  /** Number of alerts without an item, because no message has room for so many. */
  readonly omitted: number;
  readonly links: readonly Rich[];
}

/** Sorts a notification into what its alerts share and what differs, the most urgent alerts first. */
export function draftMessage({ group, unmentioned, about }: MessageSource, context: RenderContext): Draft {
  const alerts = sorted(group.alerts, context.severities);
  const listed = alerts.slice(0, MAX_LISTED);
  const texts = listed.map((alert) => describeAlert(alert, context));
  const labels = commonLabels(alerts);
  const isAlone = alerts.length + unmentioned + group.truncatedAlerts === 1;
  // Beside ended alerts, or after the end of all, nothing is known of those that max_alerts cut off.
  const isEnding = alerts.some(({ status }) => status === 'resolved') || reportsAllResolved(group);
  const headline = headlineOf({
    about,
    alerts,
    severities: context.severities,
    summaries: texts.map(({ summary }) => summary),
    // A single alert is placed by all its labels, those of the group first.
    places: { ...group.groupLabels, ...(isAlone ? labels : {}) },
    unlisted: unmentioned + (isEnding ? 0 : group.truncatedAlerts),
  });
  const shared = sharedText(texts);
  const time = sharedTime(listed, context);
  const common = [
    ...(isAlone || shared.summary === undefined ? [] : [shared.summary]),
    ...shared.description,
    [isAlone && !headline.text.includes(texts[0]?.name ?? '') ? texts[0]?.name : '', time]
      .filter((word) => word)
      .join(' · '),
    oneLine(headline.leftOut.join(', '), 500),
  ];
  const siblings = {
    alerts: listed,
    labels,
    hasSharedSummary: shared.summary !== undefined,
    hasSharedTime: time !== undefined,
  };
  const items = listed.map((alert, index) => {
    const text = texts[index] ?? { name: '', summary: '', description: [] };
    return renderItem(
      alert,
      { ...text, description: shared.description.length > 0 ? [] : text.description },
      siblings,
      context,
    );
  });
  return {
    headline: bold(plain(headline.text)),
    common: common.filter((line) => line !== '').map(plain),
    items: isAlone ? [] : items,
    omitted: alerts.length - listed.length,
    links: sharedLinks(listed, silenceUrl(group)),
  };
}

interface SharedText {
  readonly summary: string | undefined;
  readonly description: readonly string[];
}

function sharedText(texts: readonly AlertText[]): SharedText {
  const [first] = texts;
  const description = first?.description.join('\n');
  return {
    summary: texts.every(({ summary }) => summary === first?.summary) ? first?.summary : undefined,
    description: texts.every((text) => text.description.join('\n') === description) ? (first?.description ?? []) : [],
  };
}

function sharedTime(alerts: readonly Alert[], context: RenderContext): string | undefined {
  const [first, ...others] = alerts.map((alert) => timesOf(alert, context));
  return others.every((time) => time === first) ? first : undefined;
}

function sorted(alerts: readonly Alert[], severities: SeverityScale): Alert[] {
  const rank = (alert: Alert) =>
    severityRank(alert.labels.severity, severities) + (alert.status === 'firing' ? 0 : severities.order.length);
  return alerts.toSorted((a, b) => rank(a) - rank(b) || b.startsAt - a.startsAt);
}
