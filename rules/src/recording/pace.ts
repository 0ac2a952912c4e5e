import { RECORDED } from '../names.ts';
import type { RulesOptions } from '../options.ts';
import { type Labels, promql } from '../promql.ts';
import type { RecordingRule } from '../rule.ts';

const { utilization, running, pace, slope, linearExhaustion } = RECORDED;

/** The pace of the current window by PromQL alone. Five-hour windows are left out: six hours see more than one of them. */
export function paceRules({ linear_exhaustion: { range } }: RulesOptions, labels: Labels): RecordingRule[] {
  return [
    {
      record: pace,
      comment:
        'A new window is a new series, so that a regression never sees the drop of a rollover. One sample in four to five\n' +
        'minutes, as often as the exporter polls: a range over every evaluation would cost twenty times as much.',
      expr: promql`
        (
          0 * ${running}{window!="five_hour"}
          + on (${labels.window}) group_left ()
          ${utilization}
        )
        unless
        last_over_time(${pace}[4m])`,
    },
    {
      record: slope,
      comment: 'Growth per second. The offset demands an hour of data: a line through two points proves nothing.',
      expr: promql`
        deriv(${pace}[${range}])
        and ${running}
        and last_over_time(${pace}[10m] offset 1h)`,
    },
    {
      record: linearExhaustion,
      expr: promql`
        time()
        + clamp_min(1 - ${utilization}, 0)
        / on (${labels.window})
        (max by (${labels.window}) (${slope}) > 0)`,
    },
  ];
}
