import type { Alert } from '../src/alerts/alert-group.ts';
import type { MessageSource } from '../src/outbox/outbox.ts';
import { alert, event, group, NOON, resolved } from './alerts.ts';

const MINUTE = 60_000;
const RUNBOOK = 'https://runbooks.example.org/usage';
const EXTERNAL = { externalUrl: 'http://alertmanager.example.org:9093' };

const week = (percent: number, severity: string) =>
  alert({
    labels: { alertname: 'UsageThreshold', severity, account: 'work', window: 'week', threshold: `${percent}` },
    annotations: {
      summary: `work: ${percent} % of the week used, resets 2026-11-27T14:00:00Z`,
      description: 'At this pace the week lasts until 2026-11-26T08:30:00Z.\nThe even pace is at 54 %.',
      runbook_url: RUNBOOK,
      dashboard_url: 'https://grafana.example.org/d/usage?var-account=work',
    },
    generatorUrl: `http://prometheus.example.org:9090/graph?g0.expr=${'x'.repeat(120)}`,
    fingerprint: `week-${percent}`,
  });
const weekGroup = { account: 'work', window: 'week', alertname: 'UsageThreshold', window_end: '1795701600' };

const down = (instance: string, severity = 'critical') =>
  alert({
    labels: { alertname: 'InstanceDown', severity, instance, job: 'node', cluster: 'shop' },
    annotations: { summary: 'The instance does not answer', runbook_url: RUNBOOK },
    startsAt: NOON - 5 * MINUTE,
    fingerprint: instance,
  });

const source = (alerts: readonly Alert[], more: Partial<MessageSource> = {}, groupLabels = {}): MessageSource => ({
  group: group(alerts, { groupLabels, ...EXTERNAL }),
  unmentioned: 0,
  about: 'group',
  ...more,
});

/** The messages that people see most, by what happened. */
export const TYPICAL_MESSAGES: Readonly<Record<string, MessageSource>> = {
  'one alert': source([week(80, 'warning')], {}, weekGroup),
  'two thresholds in one card': source([week(80, 'warning'), week(50, 'info')], {}, weekGroup),
  'one alert resolved': source([resolved(down('web-1:9100'))], {}, { alertname: 'InstanceDown', cluster: 'shop' }),
  'twenty alerts with one summary': source(
    Array.from({ length: 20 }, (_, index) => down(`web-${index + 1}:9100`)),
    {},
    { alertname: 'InstanceDown', cluster: 'shop' },
  ),
  'some resolved': source(
    [down('web-1:9100'), resolved(down('web-2:9100')), down('web-3:9100', 'warning')],
    {},
    { alertname: 'InstanceDown', cluster: 'shop' },
  ),
  'several alert names': source(
    [
      down('web-1:9100'),
      alert({
        labels: { alertname: 'DiskFull', severity: 'page', instance: 'db-1:9100', cluster: 'shop' },
        annotations: { message: 'Less than 2 % left on /var' },
      }),
    ],
    {},
    { cluster: 'shop' },
  ),
  'an event': source(
    [
      event({
        labels: {
          alertname: 'ResetMoved',
          severity: 'info',
          notify: 'event',
          account: 'work',
          new_resets_at: '1795701600',
        },
        annotations: {
          summary: 'work: the weekly reset moved to 2026-11-26T15:00:00Z from 2026-11-27T14:00:00Z',
          runbook_url: RUNBOOK,
        },
      }),
    ],
    {},
    { alertname: 'ResetMoved', account: 'work', new_resets_at: '1795701600' },
  ),
  'started in a thread': source([week(95, 'critical')], { about: 'started' }, weekGroup),
  'a reminder': source([down('web-1:9100')], { about: 'reminder' }, { alertname: 'InstanceDown', cluster: 'shop' }),
  'from Grafana': source(
    [
      alert({
        labels: { alertname: 'Memory', grafana_folder: 'device' },
        annotations: { summary: 'High memory usage' },
        generatorUrl: 'https://grafana.example.org/alerting/grafana/1/view',
        urls: {
          dashboard: 'https://grafana.example.org/d/ece9?orgId=1',
          panel: 'https://grafana.example.org/d/ece9?orgId=1&viewPanel=2',
          silence: 'https://grafana.example.org/alerting/silence/new?matcher=alertname%3DMemory',
        },
      }),
    ],
    {},
    { alertname: 'Memory' },
  ),
};
