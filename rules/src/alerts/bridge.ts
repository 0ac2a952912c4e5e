import type { RulesOptions } from '../options.ts';
import { type Labels, promql } from '../promql.ts';
import type { AlertingRule, RuleFile } from '../rule.ts';
import type { AlertBuilder } from './alert.ts';
import { absence, down, reloadFailed } from './process.ts';

export function bridgeAlerts(alert: AlertBuilder, labels: Labels, options: RulesOptions): RuleFile {
  return {
    path: 'alerts/bridge.yml',
    comment:
      'Health of the bridge. It delivers every other alert, so Alertmanager must send these another way as well\n' +
      '(`beside-matrix` in alertmanager.yml).',
    groups: [
      {
        name: 'alertmanager-matrix.bridge',
        rules: [
          alert({
            alert: 'AlertmanagerMatrixDown',
            ...down(options.bridge_selector),
            summary: 'Matrix bridge {{ $labels.instance }} does not respond',
            description: 'Alertmanager retries, but nothing reaches Matrix until the bridge is back.',
          }),
          alert({
            alert: 'AlertmanagerMatrixAbsent',
            ...absence(options.bridge_selector),
            summary: 'No Matrix bridge is being scraped',
            description: 'Prometheus has no target for it, so its other alerts cannot fire.',
          }),
          ...roomAlerts(alert, labels.with('job', 'instance', 'room')),
          alert({
            alert: 'AlertmanagerMatrixKeyStoreFailing',
            comment: 'Either part of the messages cannot be read, or every message waits for the disk.',
            expr: promql`
              sum by (${labels.target}) (increase(alertmanager_matrix_keys_withheld_total[1h])) > 0
              or
              histogram_quantile(0.9, sum by (${labels.with('job', 'instance', 'le')}) (rate(alertmanager_matrix_crypto_commit_duration_seconds_bucket[15m]))) >= 0.5`,
            for: '15m',
            notify: 'state',
            severity: 'warning',
            summary: 'Matrix bridge {{ $labels.instance }} has trouble with encryption keys',
            description: 'Some devices cannot read its messages, or the key store is slow.',
            dashboard: 'operations',
          }),
          alert({
            alert: 'AlertmanagerMatrixHeartbeatMissing',
            expr: promql`
              time() - max by (${labels.with('job', 'instance', 'name')}) (alertmanager_matrix_heartbeat_last_timestamp_seconds > 0)
              > 900`,
            notify: 'state',
            severity: 'critical',
            summary: 'Heartbeat {{ $labels.name }} has been missing for {{ $value | humanizeDuration }}',
            description: 'The alerting system that sends it may be down.',
            dashboard: 'operations',
          }),
          alert({
            alert: 'AlertmanagerMatrixConfigReloadFailed',
            ...reloadFailed(`max by (${labels.target}) (alertmanager_matrix_config_last_reload_successful)`),
            summary: 'Matrix bridge {{ $labels.instance }} runs with an old configuration',
          }),
        ],
      },
    ],
  };
}

function roomAlerts(alert: AlertBuilder, by: string): AlertingRule[] {
  return [
    alert({
      alert: 'AlertmanagerMatrixDeliveryDelayed',
      expr: `max by (${by}) (alertmanager_matrix_outbox_oldest_pending_seconds) > 600`,
      notify: 'state',
      severity: 'warning',
      summary: 'Messages for room {{ $labels.room }} have been waiting for {{ $value | humanizeDuration }}',
      description: 'The bridge stored them and keeps trying. None is lost.',
      dashboard: 'operations',
    }),
    alert({
      alert: 'AlertmanagerMatrixMessagesBuried',
      expr: `max by (${by}) (alertmanager_matrix_outbox_buried) > 0`,
      notify: 'state',
      severity: 'warning',
      summary: 'Room {{ $labels.room }}: the homeserver rejected {{ $value }} messages for good',
      description: 'They are kept until you retry or drop them.',
      dashboard: 'operations',
    }),
    alert({
      alert: 'AlertmanagerMatrixRoomNotJoined',
      expr: `max by (${by}) (alertmanager_matrix_room_joined) == 0`,
      for: '10m',
      notify: 'state',
      severity: 'critical',
      summary: 'The Matrix bridge is not in room {{ $labels.room }}',
      description: 'Its messages wait until somebody invites the bridge.',
      dashboard: 'operations',
    }),
    alert({
      alert: 'AlertmanagerMatrixRoomNotEncrypted',
      expr: `max by (${by}) (alertmanager_matrix_room_encrypted) == 0`,
      for: '10m',
      notify: 'state',
      severity: 'critical',
      summary: 'Room {{ $labels.room }} is not encrypted',
      description: 'The bridge sends nothing there until encryption is enabled.',
      dashboard: 'operations',
    }),
  ];
}
