import { RECORDED } from '../names.ts';
import { type Labels, promql } from '../promql.ts';
import type { RuleFile } from '../rule.ts';
import type { AlertBuilder } from './alert.ts';
import { instant, percentage, UTILIZATION_CHART, WINDOW } from './texts.ts';

const { utilization, canonical, latch } = RECORDED;

/** `last_over_time` bridges evaluations that are five minutes apart, and a restart of the exporter. */
const HOLD = '10m';

export function thresholdAlerts(alert: AlertBuilder, labels: Labels): RuleFile {
  const end = labels.with('account', 'window', 'severity', 'window_end');
  return {
    path: 'alerts/thresholds.yml',
    comment: 'Thresholds of the running window.',
    groups: [
      {
        name: 'claude-usage.thresholds',
        rules: [
          alert({
            alert: 'ClaudeUsageThresholdReached',
            comment:
              'The severity comes with the threshold from the configuration of the exporter. The value is the reset time.\n' +
              'Only the highest threshold of a severity: several reached at once are one alert, and Alertmanager mutes the\n' +
              'lower severities. No `for`: the latch already ignores dips.',
            expr: promql`
              floor(
                last_over_time(${latch}[${HOLD}])
                == on (${end}) group_left ()
                max by (${end}) (last_over_time(${latch}[${HOLD}]))
              )
              > time()`,
            notify: 'event',
            severity: 'fromSeries',
            summary: `{{ $labels.account }}: {{ $labels.threshold }} % of the ${WINDOW} used, resets ${instant()}`,
            occurrence: '{{ printf "%.0f" $value }}',
            dashboard: 'account',
            chart: { query: UTILIZATION_CHART, end: '{{ printf "%.0f" $value }}' },
          }),
          alert({
            alert: 'ClaudeUsageExhausted',
            comment: 'The value is the reset time where it is known, else the utilization.',
            expr: promql`
              (
                (${canonical} > time())
                and
                last_over_time(${utilization}[${HOLD}]) >= 1
              )
              or
              last_over_time(${utilization}[${HOLD}]) >= 1`,
            notify: 'state',
            severity: 'critical',
            summary: `{{ $labels.account }}: the ${WINDOW} is used up{{ if gt $value 1000000.0 }}, resets ${instant()}{{ end }}`,
            description: 'Claude rejects further requests until the reset, unless extra usage is enabled.',
            dashboard: 'account',
            chart: { query: UTILIZATION_CHART },
          }),
          alert({
            alert: 'ClaudeUsageHighWithoutReset',
            comment:
              'Without a future reset time the latch has nothing to hold on to, and thresholds would stay silent.',
            expr: promql`
              (
                ${utilization}
                >= on (${labels.window})
                min by (${labels.window}) (claude_usage_threshold_ratio)
              )
              unless ${canonical} > time()`,
            for: '15m',
            notify: 'state',
            severity: 'warning',
            summary: `{{ $labels.account }}: ${percentage()} of the ${WINDOW} used, reset time unknown`,
            description: 'The API reports no future reset time, so thresholds cannot be reported once per window.',
            dashboard: 'account',
            chart: { query: UTILIZATION_CHART },
          }),
        ],
      },
    ],
  };
}
