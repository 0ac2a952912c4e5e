import { WEBHOOK_TOKEN } from './bridge-process.ts';

export interface TestAlert {
  readonly name: string;
  readonly status?: 'firing' | 'resolved';
  readonly summary?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
}

/** A notification as Alertmanager posts it: one group, with these alerts. */
export function notification(group: string, alerts: readonly TestAlert[], extra: Record<string, unknown> = {}) {
  const firing = alerts.some(({ status }) => status !== 'resolved');
  return {
    version: '4',
    groupKey: `{}:{alertname="${group}"}`,
    truncatedAlerts: 0,
    status: firing ? 'firing' : 'resolved',
    receiver: 'matrix',
    groupLabels: { alertname: group },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.test',
    alerts: alerts.map(({ name, status = 'firing', summary, labels = {}, startsAt = '2026-11-25T07:00:00Z' }) => ({
      status,
      labels: { alertname: group, name, severity: 'warning', ...labels },
      annotations: summary === undefined ? {} : { summary },
      startsAt,
      endsAt: status === 'resolved' ? '2026-11-25T08:00:00Z' : '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus.test/graph',
      fingerprint: Buffer.from(name).toString('hex').padStart(16, '0'),
    })),
    ...extra,
  };
}

/** Posts a notification with the bridge's token; resolves to the answer's status. */
export async function post(bridgeUrl: string, body: unknown): Promise<number> {
  const response = await fetch(`${bridgeUrl}/api/v1/alerts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}
