import { createHash } from 'node:crypto';
import type { FieldProblem } from '@repo/common/field-problem';
import type { Alert, AlertGroup, AlertUrls } from './alert-group.ts';
import { FieldReader } from './field-reader.ts';
import { hasMoreValuesThan } from './json-size.ts';

/** An invalid webhook body, with the path of each problem. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  readonly problems: readonly FieldProblem[];

  constructor(message: string, problems: readonly FieldProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}

const SUPPORTED_VERSION = '4';
/** Grafana has its own version number. Its payload is a superset of Alertmanager's. */
const GRAFANA_VERSION = '1';

const MAX_ALERTS = 20_000;
/** Enough for the maximum number of alerts with 20 labels and annotations each. */
const MAX_VALUES = 1_000_000;

/**
 * Parses an Alertmanager webhook body (payload version 4, or Grafana's superset). Time and memory are proportional to
 * the body.
 * @throws WebhookError with the path of each problem; it never quotes the content
 */
export function parseWebhook(body: Buffer): AlertGroup {
  if (body.length === 0) throw new WebhookError('the body is empty, expected an Alertmanager notification in JSON');
  if (hasMoreValuesThan(MAX_VALUES, body))
    throw new WebhookError(`the body has more than ${MAX_VALUES} values; set max_alerts in the receiver`);
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    throw new WebhookError('the body is not valid JSON, expected an Alertmanager notification');
  }
  checkVersion(json);
  const reader = new FieldReader();
  const group = reader.collect(() => readGroup(json, reader));
  if (group === undefined || reader.problems.length > 0)
    throw new WebhookError('the body is not an Alertmanager notification of version 4', reader.problems);
  return group;
}

function checkVersion(json: unknown): void {
  const { version, orgId } = (json ?? {}) as { version?: unknown; orgId?: unknown };
  if (typeof version !== 'string' || version === SUPPORTED_VERSION) return;
  if (version === GRAFANA_VERSION && typeof orgId === 'number') return;
  const shown = /^\d{1,3}$/.test(version) ? ` "${version}"` : '';
  throw new WebhookError(`payload version${shown} is not supported, only version "${SUPPORTED_VERSION}"`);
}

function readGroup(json: unknown, reader: FieldReader): AlertGroup | undefined {
  const body = reader.object(json, []);
  if (!body) return undefined;
  const { truncatedAlerts, notification_reason: reason, groupLabels = {}, externalURL } = body;
  return {
    receiver: unescapeReceiver(reader.text(body.receiver, ['receiver'])),
    groupKey: reader.text(body.groupKey, ['groupKey']),
    groupLabels: reader.labels(groupLabels, ['groupLabels']),
    truncatedAlerts: isCount(truncatedAlerts) ? truncatedAlerts : 0,
    ...(isText(externalURL) ? { externalUrl: externalURL } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    alerts: readAlerts(body.alerts, reader),
  };
}

function readAlerts(value: unknown, reader: FieldReader): Alert[] {
  const path = ['alerts'];
  if (!Array.isArray(value)) {
    reader.report(path, 'must be a list of alerts');
    return [];
  }
  if (value.length === 0) reader.report(path, 'must hold at least one alert');
  if (value.length > MAX_ALERTS) {
    reader.report(path, `must hold at most ${MAX_ALERTS} alerts; set max_alerts in the receiver`);
    return [];
  }
  return value.flatMap((alert, index) => readAlert(alert, ['alerts', index], reader) ?? []);
}

function readAlert(value: unknown, path: readonly (string | number)[], reader: FieldReader): Alert | undefined {
  const alert = reader.object(value, path);
  if (!alert) return undefined;
  const { status, endsAt, annotations = {}, fingerprint, generatorURL } = alert;
  if (status !== 'firing' && status !== 'resolved') {
    reader.report([...path, 'status'], 'must be "firing" or "resolved"');
    return readAlert({ ...alert, status: 'firing' }, path, reader);
  }
  const labels = reader.labels(alert.labels, [...path, 'labels']);
  const end = endsAt === undefined ? undefined : reader.time(endsAt, [...path, 'endsAt']);
  return {
    status,
    labels,
    annotations: reader.annotations(annotations, [...path, 'annotations']),
    startsAt: reader.time(alert.startsAt, [...path, 'startsAt']),
    generatorUrl: isText(generatorURL) ? generatorURL : '',
    ...readUrls(alert),
    // Alertmanager before 0.19 sends no fingerprint. The labels identify the alert as well.
    fingerprint: isText(fingerprint) ? fingerprint : fingerprintOf(labels),
    ...(status === 'resolved' && end !== undefined ? { endsAt: end } : {}),
  };
}

function readUrls({ dashboardURL, panelURL, silenceURL }: Readonly<Record<string, unknown>>): { urls?: AlertUrls } {
  const urls: AlertUrls = {
    ...(isText(dashboardURL) ? { dashboard: dashboardURL } : {}),
    ...(isText(panelURL) ? { panel: panelURL } : {}),
    ...(isText(silenceURL) ? { silence: silenceURL } : {}),
  };
  return Object.keys(urls).length === 0 ? {} : { urls };
}

/** Alertmanager escapes the receiver as a regular expression: web.hook arrives as web\.hook. */
function unescapeReceiver(receiver: string): string {
  return receiver.replace(/\\([\\.+*?()|[\]{}^$])/g, '$1');
}

/** Grafana sends empty texts for unknown fields. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}
