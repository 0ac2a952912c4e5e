import { RECORDED } from '../names.ts';
import type { RulesOptions } from '../options.ts';
import { type Labels, promql } from '../promql.ts';
import type { RuleFile } from '../rule.ts';
import type { AlertBuilder } from './alert.ts';
import { percentage, windowName } from './texts.ts';

const { utilization, tierLevel } = RECORDED;

export function accountAlerts(alert: AlertBuilder, labels: Labels, options: RulesOptions): RuleFile {
  return {
    path: 'alerts/account.yml',
    comment: 'What happens to an account besides its thresholds.',
    groups: [
      {
        name: 'claude-usage.account',
        rules: [
          alert({
            alert: 'ClaudeUsageArmed',
            comment:
              'Once per installation: the time of the first start is a label. `query` is costly, but this alert is one\n' +
              'series on one day.',
            expr: promql`
              (
                count_values without (job, instance) (
                  "armed_at",
                  round(last_over_time(claude_usage_armed_timestamp_seconds[1d]) > time() - 86400)
                )
                > 0
              )
              and on (${options.extra_labels.join(', ')})
              last_over_time(${utilization}[10m])`,
            notify: 'event',
            severity: 'info',
            summary:
              'Claude usage alerts are armed. Used now: ' +
              `{{ range $i, $s := query "sort_desc(${utilization})" }}{{ if $i }}, {{ end }}{{ $s.Labels.account }} ${windowName('$s.Labels.window')} ${percentage('$s.Value')}{{ end }}`,
            description: 'Sent once per installation.',
            occurrence: '{{ $labels.armed_at }}',
            dashboard: 'operations',
          }),
          alert({
            alert: 'ClaudeUsageTierChanged',
            comment: 'Present for ten minutes after the change.',
            expr: promql`
              max by (${labels.with('account', 'tier')}) (claude_usage_tier) == 1
              and on (${labels.account})
              (${tierLevel} != last_over_time(${tierLevel}[1d] offset 10m))`,
            notify: 'event',
            severity: 'info',
            summary: '{{ $labels.account }}: the usage tier is now {{ $labels.tier }}',
            description: 'Routing recommendations for models follow the tier.',
            dashboard: 'account',
          }),
          alert({
            alert: 'ClaudeUsageExtraNearlySpent',
            expr: promql`
              (
                max by (${labels.with('account', 'currency')}) (claude_usage_extra_used)
                / (max by (${labels.with('account', 'currency')}) (claude_usage_extra_limit) > 0)
              )
              >= ${options.extra_nearly_spent_ratio}
              and on (${labels.account})
              max by (${labels.account}) (claude_usage_extra_enabled) == 1`,
            notify: 'state',
            severity: 'warning',
            summary: `{{ $labels.account }}: ${percentage()} of the extra usage for this month is spent`,
            description: 'At 100 % Claude rejects requests beyond the limits of the plan.',
            dashboard: 'account',
          }),
          alert({
            alert: 'ClaudeUsageGateClosed',
            expr: `min by (${labels.account}) (claude_usage_gate_open) == 0`,
            notify: 'state',
            severity: 'warning',
            summary: '{{ $labels.account }}: the gate refuses new work',
            description: 'Utilization has reached a configured cap.',
            dashboard: 'account',
          }),
          alert({
            alert: 'ClaudeUsagePolledTwice',
            comment: 'Longer than the overlap of an old and a new pod.',
            expr: `count by (${labels.account}) (max by (${labels.with('account', 'job', 'instance')}) (claude_usage_up)) > 1`,
            for: '15m',
            notify: 'state',
            severity: 'warning',
            summary: '{{ $labels.account }}: polled by {{ $value }} exporters',
            description:
              'They share one rate limit. If they use different logins, the rules mix the utilization of one with the reset time of the other.',
            dashboard: 'operations',
          }),
        ],
      },
    ],
  };
}
