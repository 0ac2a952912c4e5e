import { escapeHtml } from '@repo/common/html';
import type { Alert, AlertGroup } from '../alerts/alert-group.ts';
import { isEvent } from '../alerts/ledger.ts';
import type { MessageSource } from '../outbox/outbox.ts';
import { formatTime, oneLine, webAddress } from './text.ts';

/** A message as plain text and as Matrix HTML. */
export interface RenderedMessage {
  readonly body: string;
  readonly formattedBody: string;
}

/**
 * Maximum size of a rendered message as JSON. A Matrix event is limited to 64 KiB. Encryption adds a third, and an edit
 * contains its content twice.
 */
export const MAX_BYTES = 20_000;

const MAX_HEADLINE_CHARACTERS = 300;
const MAX_SUMMARY_CHARACTERS = 500;
const MAX_DESCRIPTION_CHARACTERS = 1_500;

const SEVERITY_ORDER = ['critical', 'error', 'warning', 'info'];
const SEVERITY_COLOURS: ReadonlyMap<string, string> = new Map([
  ['critical', '#c01c28'],
  ['error', '#c01c28'],
  ['warning', '#b35900'],
]);

/**
 * Renders a notification within the size limit: the headline with its counts, then as many alerts as fit, most severe
 * first, and a line that counts the rest.
 */
export function render({ group, unmentioned, about }: MessageSource): RenderedMessage {
  const headline = headlineOf(group, unmentioned, about);
  const blocks = sorted(group.alerts).map(renderAlert);
  const hidden = (shown: number) => blocks.length - shown + group.truncatedAlerts + unmentioned;
  const assemble = (shown: number) => join(headline, blocks.slice(0, shown), hidden(shown));
  let most = blocks.length;
  let least = 0;
  // Bisection works because the size grows with every alert.
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (Buffer.byteLength(JSON.stringify(assemble(middle))) <= MAX_BYTES) least = middle;
    else most = middle - 1;
  }
  return assemble(least);
}

function join(headline: RenderedMessage, blocks: readonly RenderedMessage[], hidden: number): RenderedMessage {
  const more = hidden === 0 ? [] : [`… and ${hidden} more`];
  return {
    body: [headline.body, ...blocks.map((block) => block.body), ...more].join('\n'),
    formattedBody: [
      headline.formattedBody,
      blocks.length === 0 ? '' : `<ul>${blocks.map((block) => `<li>${block.formattedBody}</li>`).join('')}</ul>`,
      ...more,
    ].join(''),
  };
}

function headlineOf(group: AlertGroup, unmentioned: number, about: MessageSource['about']): RenderedMessage {
  const name = oneLine(group.groupLabels.alertname ?? group.alerts[0]?.labels.alertname ?? 'Alert', 100);
  const others = Object.entries(group.groupLabels).filter(([label]) => label !== 'alertname');
  const labels = oneLine(
    others.map(([label, value]) => `${label}=${readableValue(label, value)}`).join(', '),
    MAX_HEADLINE_CHARACTERS,
  );
  const { icon, word } = stateOf(group, unmentioned, about);
  const head = `${icon} ${word} ${name}`.replace('  ', ' ');
  return {
    body: labels === '' ? head : `${head} (${labels})`,
    formattedBody: `<strong>${escapeHtml(head)}</strong>${labels === '' ? '' : ` <code>${escapeHtml(labels)}</code>`}`,
  };
}

/** Labels that contain a time in Unix seconds are shown as a readable time. */
function readableValue(label: string, value: string): string {
  return /_(at|end|start|timestamp)$/.test(label) && /^\d{10}$/.test(value) ? formatTime(Number(value) * 1000) : value;
}

function stateOf(
  group: AlertGroup,
  unmentioned: number,
  about: MessageSource['about'],
): { icon: string; word: string } {
  const firing = group.alerts.filter((alert) => alert.status === 'firing').length + unmentioned + group.truncatedAlerts;
  const resolved = group.alerts.filter((alert) => alert.status === 'resolved' && !isEvent(alert)).length;
  if (group.alerts.every(isEvent)) return { icon: '🔔', word: '' };
  if (firing === 0) return { icon: '✅', word: 'Resolved:' };
  const counts = resolved === 0 ? `${firing} firing` : `${firing} firing, ${resolved} resolved`;
  const word = { group: `${counts}:`, started: 'Now firing:', reminder: `Still ${counts}:` }[about];
  return { icon: '🔥', word };
}

function renderAlert(alert: Alert): RenderedMessage {
  const severity = oneLine(alert.labels.severity ?? '', 30);
  const summary = oneLine(alert.annotations.summary ?? describeLabels(alert), MAX_SUMMARY_CHARACTERS);
  const description = oneLine(alert.annotations.description ?? '', MAX_DESCRIPTION_CHARACTERS);
  const ended = alert.status === 'resolved' && !isEvent(alert);
  const when = timesOf(alert);
  const links = linksOf(alert);
  const prefix = ended ? 'resolved' : severity;
  const colour = ended ? undefined : SEVERITY_COLOURS.get(severity);
  const tag =
    colour === undefined
      ? `<b>${escapeHtml(prefix)}</b>`
      : `<b><span data-mx-color="${colour}">${escapeHtml(prefix)}</span></b>`;
  return {
    body: [
      `• ${prefix === '' ? '' : `[${prefix}] `}${summary}`,
      ...(description === '' ? [] : [description]),
      when,
      ...links.map(({ name, href }) => `${name}: ${href}`),
    ].join('\n  '),
    formattedBody: [
      `${prefix === '' ? '' : `${tag} `}${escapeHtml(summary)}`,
      ...(description === '' ? [] : [escapeHtml(description)]),
      [`<i>${when}</i>`, ...links.map(({ name, href }) => `<a href="${escapeHtml(href)}">${name}</a>`)].join(' · '),
    ].join('<br>'),
  };
}

function timesOf(alert: Alert): string {
  if (isEvent(alert)) return `at ${formatTime(alert.startsAt)}`;
  const since = `since ${formatTime(alert.startsAt)}`;
  return alert.endsAt === undefined ? since : `${since}, until ${formatTime(alert.endsAt)}`;
}

function linksOf(alert: Alert): { name: string; href: string }[] {
  const candidates = [
    { name: 'Runbook', address: alert.annotations.runbook_url },
    { name: 'Dashboard', address: alert.annotations.dashboard_url },
    { name: 'Source', address: alert.generatorUrl },
  ];
  return candidates.flatMap(({ name, address }) => {
    const href = webAddress(address);
    return href === undefined ? [] : [{ name, href }];
  });
}

function describeLabels(alert: Alert): string {
  return Object.entries(alert.labels)
    .filter(([label]) => label !== 'severity' && label !== 'notify')
    .map(([label, value]) => `${label}=${value}`)
    .join(', ');
}

function sorted(alerts: readonly Alert[]): Alert[] {
  const rank = (alert: Alert) => {
    const severity = SEVERITY_ORDER.indexOf(alert.labels.severity ?? '');
    return (alert.status === 'firing' ? 0 : 100) + (severity === -1 ? SEVERITY_ORDER.length : severity);
  };
  return alerts.toSorted((a, b) => rank(a) - rank(b) || b.startsAt - a.startsAt);
}
