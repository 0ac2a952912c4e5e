import { RECORDED } from '../names.ts';
import type { RulesOptions } from '../options.ts';
import { type Labels, promql } from '../promql.ts';
import type { RuleFile } from '../rule.ts';
import { paceRules } from './pace.ts';
import { resetRules } from './resets.ts';
import { thresholdRules } from './thresholds.ts';

export function recordingFile(options: RulesOptions, labels: Labels): RuleFile {
  return {
    path: 'recording.yml',
    comment:
      'Recording rules that the alerts use. `claude-usage.windows` is one group, because a group evaluates its rules in\n' +
      'order while groups run concurrently: a latch and its input must never be an interval apart.\n' +
      'Evaluation intervals up to 5 minutes are supported, so no group sets its own.\n' +
      'Every whole number from 60 up in an expression is a number of seconds.',
    groups: [
      {
        name: 'claude-usage.windows',
        rules: [
          {
            record: RECORDED.utilization,
            comment:
              'One series per account and window, whichever instance is scraped: otherwise a new pod would look like a\n' +
              'new window to everything below that compares with the past.',
            expr: `max by (${labels.window}) (claude_usage_utilization_ratio)`,
          },
          ...resetRules(options, labels),
          ...thresholdRules(labels),
          {
            record: RECORDED.tierLevel,
            comment: '0 is green, 1 yellow, 2 orange, 3 red.',
            expr: promql`
              max by (${labels.account}) (claude_usage_tier{tier="yellow"})
              + 2 * max by (${labels.account}) (claude_usage_tier{tier="orange"})
              + 3 * max by (${labels.account}) (claude_usage_tier{tier="red"})`,
          },
        ],
      },
      { name: 'claude-usage.pace', rules: paceRules(options, labels) },
    ],
  };
}
