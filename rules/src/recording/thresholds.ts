import { RECORDED } from '../names.ts';
import { type Labels, promql } from '../promql.ts';
import type { RecordingRule } from '../rule.ts';

const { utilization, canonical, reported, reached, identity, running, latch, latchPrevious, latchCheckpoint } =
  RECORDED;

/** Which thresholds each running window has reached. */
export function thresholdRules(labels: Labels): RecordingRule[] {
  const notRunning = `(${latchPrevious} unless on (${labels.with('account', 'window', 'window_end')}) ${running})`;
  return [
    {
      record: reached,
      expr: promql`
        max by (${labels.with('account', 'window', 'threshold', 'severity')}) (claude_usage_threshold_ratio)
        <= on (${labels.window}) group_left ()
        ${utilization}`,
    },
    {
      record: identity,
      comment:
        'Which window it is, named by the end it was first seen with. The exporter knows from its history: it keeps the\n' +
        'start through jitter and moved resets. Without a start, every reset time counts as a window.',
      expr: promql`
        round(
          max by (${labels.window}) (claude_usage_window_start_timestamp_seconds)
          + on (${labels.with('window')}) group_left ()
          max by (${labels.with('window')}) (claude_usage_window_duration_seconds),
          60
        )
        or
        (${canonical} > time() and ${reported})`,
    },
    {
      record: running,
      comment: 'The window as a label, so that every window is a separate alert; the value is its reset time.',
      expr: promql`
        0 * count_values by (${labels.window}) ("window_end", ${identity})
        + on (${labels.window}) group_left ()
        (${canonical} > time() or ${identity})`,
    },
    {
      record: latchPrevious,
      comment: 'A window of five hours needs no longer memory, and there are many of them in eight days.',
      expr: promql`
        (
          last_over_time(${latchCheckpoint}{window!="five_hour"}[8d])
          or
          last_over_time(${latchCheckpoint}{window="five_hour"}[6h])
        )
        > time()`,
    },
    {
      record: latch,
      comment:
        'The latch: set when the utilization reaches the threshold, and kept until the reset. In this order: reached now;\n' +
        'reached before and this window still runs, whatever the utilization does; the reset flips to another window and\n' +
        'the utilization is still there; no data. Only a new window with less utilization ends it early.\n' +
        'The value is the reset time, a whole minute, plus the threshold as a ratio: `% 60` is the threshold again.',
      expr: promql`
        (${reached} + on (${labels.window}) group_left (window_end) ${running})
        or on (${labels.with('account', 'window', 'threshold', 'window_end')})
        (${latchPrevious} % 60 + on (${labels.with('account', 'window', 'window_end')}) group_left () ${running})
        or on (${labels.with('account', 'window', 'threshold', 'window_end')})
        (${notRunning} and on (${labels.with('account', 'window', 'threshold')}) ${reached})
        or on (${labels.with('account', 'window', 'threshold', 'window_end')})
        (${notRunning} unless on (${labels.window}) ${running})`,
    },
    {
      record: latchCheckpoint,
      comment: 'A latch that ended early leaves a zero, so that it does not come back.',
      expr: promql`
        (${latch} unless (${latchPrevious} == ${latch}))
        or
        0 * (${latchPrevious} unless ${latch})`,
    },
  ];
}
