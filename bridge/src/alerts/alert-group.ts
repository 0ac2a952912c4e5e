import { createHash } from 'node:crypto';
import type { FieldProblem } from '@repo/common/field-problem';
import { z } from 'zod';

/** One alert of a notification. */
export interface Alert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  readonly startsAt: number;
  /** Unix milliseconds; absent while the alert is firing. */
  readonly endsAt?: number;
  readonly generatorUrl: string;
  /** Grafana's addresses of the alert. */
  readonly urls?: AlertUrls;
  readonly fingerprint: string;
}

/** Addresses that Grafana sends as fields of an alert. */
export interface AlertUrls {
  readonly dashboard?: string;
  readonly panel?: string;
  readonly silence?: string;
}

/** One notification: the alerts of one group for one receiver. */
export interface AlertGroup {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly Alert[];
  /** Number of alerts that Alertmanager cut off because of `max_alerts`. */
  readonly truncatedAlerts: number;
  /** Address of Alertmanager in a browser. */
  readonly externalUrl?: string;
  /** Notification reason (since Alertmanager 0.32), for example `repeat interval elapsed`. */
  readonly reason?: string;
}

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

const MAX_PATH_CHARACTERS = 100;

const labelSet = z.record(z.string(), z.string('must be a string'), 'must be an object of strings');
// `Date.parse` alone accepts nearly any text that contains a number.
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const timestamp = z.string('must be a time like 2026-11-25T12:00:00Z').transform((text, context) => {
  const ms = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) context.addIssue('must be a time like 2026-11-25T12:00:00Z');
  return ms;
});
const status = z.enum(['firing', 'resolved'], 'must be "firing" or "resolved"');

// Grafana sends empty strings for what it does not know.
const optionalText = z.string().min(1).optional().catch(undefined);

const alertSchema = z.object(
  {
    status,
    labels: labelSet,
    annotations: labelSet.default({}),
    startsAt: timestamp,
    endsAt: timestamp.optional(),
    generatorURL: z.string().catch(''),
    dashboardURL: optionalText,
    panelURL: optionalText,
    silenceURL: optionalText,
    fingerprint: z.string().min(1).optional().catch(undefined),
  },
  'must be an object',
);

const groupSchema = z.object(
  {
    receiver: z.string('must be a string'),
    groupKey: z.string('must be a string'),
    groupLabels: labelSet.default({}),
    truncatedAlerts: z.number().int().nonnegative().catch(0),
    externalURL: optionalText,
    notification_reason: z.string().optional().catch(undefined),
    alerts: z.array(alertSchema, 'must be a list of alerts').min(1, 'must hold at least one alert'),
  },
  'must be an object',
);

/**
 * Parses an Alertmanager webhook body (payload version 4, or Grafana's superset).
 * @throws WebhookError with the path of each problem; it never quotes the content
 */
export function parseWebhook(body: Buffer): AlertGroup {
  if (body.length === 0) throw new WebhookError('the body is empty, expected an Alertmanager notification in JSON');
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    throw new WebhookError('the body is not valid JSON, expected an Alertmanager notification');
  }
  checkVersion(json);
  const result = groupSchema.safeParse(json);
  if (!result.success) {
    const problems = result.error.issues
      .slice(0, 20)
      .map((issue) => ({ path: issue.path.join('.').slice(0, MAX_PATH_CHARACTERS), message: issue.message }));
    throw new WebhookError('the body is not an Alertmanager notification of version 4', problems);
  }
  return toAlertGroup(result.data);
}

function checkVersion(json: unknown): void {
  const { version, orgId } = (json ?? {}) as { version?: unknown; orgId?: unknown };
  if (typeof version !== 'string' || version === SUPPORTED_VERSION) return;
  if (version === GRAFANA_VERSION && typeof orgId === 'number') return;
  const shown = /^\d{1,3}$/.test(version) ? ` "${version}"` : '';
  throw new WebhookError(`payload version${shown} is not supported, only version "${SUPPORTED_VERSION}"`);
}

function toAlertGroup(data: z.output<typeof groupSchema>): AlertGroup {
  return {
    // Alertmanager escapes the receiver as a regular expression: web.hook arrives as web\.hook.
    receiver: data.receiver.replace(/\\([\\.+*?()|[\]{}^$])/g, '$1'),
    groupKey: data.groupKey,
    groupLabels: data.groupLabels,
    truncatedAlerts: data.truncatedAlerts,
    ...(data.externalURL === undefined ? {} : { externalUrl: data.externalURL }),
    ...(data.notification_reason === undefined ? {} : { reason: data.notification_reason }),
    alerts: data.alerts.map(({ generatorURL, dashboardURL, panelURL, silenceURL, fingerprint, endsAt, ...alert }) => ({
      ...alert,
      generatorUrl: generatorURL,
      ...urlsOf({ dashboard: dashboardURL, panel: panelURL, silence: silenceURL }),
      // Alertmanager before 0.19 sends no fingerprint. The labels identify the alert as well.
      fingerprint: fingerprint ?? fingerprintOf(alert.labels),
      ...(alert.status === 'resolved' && endsAt !== undefined ? { endsAt } : {}),
    })),
  };
}

function urlsOf(given: Readonly<Record<keyof AlertUrls, string | undefined>>): { readonly urls?: AlertUrls } {
  const urls = Object.fromEntries(Object.entries(given).filter(([, url]) => url !== undefined));
  return Object.keys(urls).length === 0 ? {} : { urls };
}

function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}
