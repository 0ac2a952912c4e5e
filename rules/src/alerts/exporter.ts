import type { RulesOptions } from '../options.ts';
import { type Labels, promql } from '../promql.ts';
import type { AlertingRule, RuleFile } from '../rule.ts';
import type { AlertBuilder } from './alert.ts';
import { absence, down, reloadFailed } from './process.ts';
import { instant } from './texts.ts';

export function exporterAlerts(alert: AlertBuilder, labels: Labels, options: RulesOptions): RuleFile {
  const by = labels.with('account', 'job', 'instance');
  return {
    path: 'alerts/exporter.yml',
    comment:
      'Health of the exporter and of its polls. These alerts keep `job` and `instance`, so that a failing exporter\n' +
      'inhibits its own alerts only.',
    groups: [
      {
        name: 'claude-usage.exporter',
        rules: [
          alert({
            alert: 'ClaudeUsageExporterDown',
            ...down(options.exporter_selector),
            summary: 'Claude usage exporter {{ $labels.instance }} does not respond',
            description: 'Usage is not recorded and no threshold is noticed until it is back.',
          }),
          alert({
            alert: 'ClaudeUsageExporterAbsent',
            ...absence(options.exporter_selector),
            summary: 'No Claude usage exporter is being scraped',
            description: 'Prometheus has no target for it, so no other usage alert can fire.',
          }),
          ...pollAlerts(alert, by),
          ...loginAlerts(alert, by, options),
          alert({
            alert: 'ClaudeUsageSchemaDrift',
            expr: promql`
              sum by (${by}) (increase(claude_usage_schema_errors_total[1h])) > 0
              or
              max by (${by}) (claude_usage_schema_unknown_keys) > 0`,
            for: '15m',
            notify: 'state',
            severity: 'info',
            summary: '{{ $labels.account }}: the usage API returns fields this version does not know',
            description: 'Known fields are still read. The log names the new ones.',
            dashboard: 'operations',
          }),
          alert({
            alert: 'ClaudeUsageConfigReloadFailed',
            ...reloadFailed(`max by (${labels.target}) (claude_usage_config_last_reload_successful)`),
            summary: 'Claude usage exporter {{ $labels.instance }} runs with an old configuration',
          }),
          alert({
            alert: 'ClaudeUsageClockSkew',
            expr: `abs(max by (${labels.target}) (claude_usage_clock_skew_seconds)) > ${options.clock_skew_seconds}`,
            for: '10m',
            notify: 'state',
            severity: 'warning',
            summary: 'The clock of {{ $labels.instance }} differs from the API by {{ $value | humanizeDuration }}',
            description: 'Reset times, token expiry and forecasts are off by as much.',
            dashboard: 'operations',
          }),
        ],
      },
    ],
  };
}

function pollAlerts(alert: AlertBuilder, by: string): AlertingRule[] {
  const newest = (metric: string) => `max by (${by}) (${metric})`;
  const age = `time() - ${newest('claude_usage_last_success_timestamp_seconds')}`;
  const interval = newest('claude_usage_poll_interval_seconds');
  const blocked = `${newest('claude_usage_blocked_until_timestamp_seconds')} > time()`;
  const target = by.replace('account, ', '');
  return [
    alert({
      alert: 'ClaudeUsageDataStale',
      comment:
        'Four intervals: three polls failed. Never any data: no first success to compare with. Neither counts during a\n' +
        'wait after a 429, which is ordinary; the last part is longer than one poll and the longest wait (4,500 s).\n' +
        'Usage that is too old to be exported counts in any case.',
      expr: promql`
        (
          ${age} > 4 * ${interval}
          or
          (${newest('claude_usage_up')} == 0 unless ${newest('claude_usage_last_success_timestamp_seconds')})
        )
        unless ${blocked}
        or
        ${age} > 3 * ${interval} + 4500
        or
        ${age} > on (${target}) group_left () max by (${target}) (claude_usage_stale_after_seconds) and ${interval}`,
      for: '10m',
      notify: 'state',
      severity: 'warning',
      summary:
        '{{ $labels.account }}: no usage data {{ if $value }}for {{ $value | humanizeDuration }}{{ else }}yet{{ end }}',
      description: 'The exporter runs, but its polls of this account fail.',
      dashboard: 'operations',
    }),
    alert({
      alert: 'ClaudeUsageRateLimited',
      expr: blocked,
      for: '10m',
      notify: 'state',
      severity: 'info',
      summary: `{{ $labels.account }}: the usage API is rate limited until ${instant()}`,
      description: 'The exporter waits and shows the last known usage.',
      dashboard: 'operations',
    }),
  ];
}

function loginAlerts(
  alert: AlertBuilder,
  by: string,
  { login_expiring_seconds: expiring }: RulesOptions,
): AlertingRule[] {
  return [
    alert({
      alert: 'ClaudeUsageLoginExpiring',
      expr: `max by (${by}) (claude_usage_login_expiry_timestamp_seconds) < time() + ${expiring}`,
      notify: 'state',
      severity: 'warning',
      summary: `{{ $labels.account }}: the login expires ${instant()}`,
      description: 'After that the account cannot be polled. Log in again.',
      dashboard: 'operations',
    }),
    alert({
      alert: 'ClaudeUsageTokenRefreshFailing',
      comment:
        'Only logins that the exporter refreshes have the counter. It refreshes ten minutes before the expiry, so a token\n' +
        'that is about to expire could not be refreshed. A counter alone would resolve when the attempts end.',
      expr: promql`
        max by (${by}) (claude_usage_access_token_expiry_timestamp_seconds) < time() + 300
        and
        sum by (${by}) (claude_usage_token_refreshes_total)`,
      for: '10m',
      notify: 'state',
      severity: 'critical',
      summary: '{{ $labels.account }}: the access token cannot be refreshed',
      description: 'Polls fail from the expiry on. After `invalid_grant`, log in again.',
      dashboard: 'operations',
    }),
  ];
}
