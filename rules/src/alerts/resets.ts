import { RECORDED } from '../names.ts';
import { promql } from '../promql.ts';
import type { RuleFile } from '../rule.ts';
import type { AlertBuilder } from './alert.ts';
import { instant, UTILIZATION_CHART, WINDOW } from './texts.ts';

const { canonical, moved } = RECORDED;

export function resetAlerts(alert: AlertBuilder): RuleFile {
  return {
    path: 'alerts/resets.yml',
    comment: 'Reset times that change before their window is over.',
    groups: [
      {
        name: 'claude-usage.resets',
        rules: [
          alert({
            alert: 'ClaudeUsageResetMoved',
            comment: 'One hour is long enough to be noticed after a restart of Prometheus or Alertmanager.',
            expr: `last_over_time(${moved}[1h]) > 0`,
            notify: 'event',
            severity: 'warning',
            summary: `{{ $labels.account }}: the ${WINDOW} now resets ${instant('$labels.new_resets_at')} instead of ${instant()}`,
            description: 'The old reset was still ahead, so this is not a rollover.',
            dashboard: 'account',
            chart: { query: UTILIZATION_CHART },
          }),
          alert({
            alert: 'ClaudeUsageResetFlapping',
            comment: 'Steps in one direction are a move; only a reset that goes both ways, twice, flaps.',
            expr: promql`
              changes(${canonical}[30m])
              and resets(${canonical}[30m]) > 1
              and changes(${canonical}[30m]) - resets(${canonical}[30m]) > 1`,
            notify: 'state',
            severity: 'warning',
            summary: `{{ $labels.account }}: the reset time of the ${WINDOW} changed {{ $value }} times in 30 minutes`,
            description:
              'A move is reported when the reset time holds still. Thresholds reached before are not repeated.',
            dashboard: 'account',
          }),
        ],
      },
    ],
  };
}
