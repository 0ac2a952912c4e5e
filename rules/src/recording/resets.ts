import { RECORDED } from '../names.ts';
import type { RulesOptions } from '../options.ts';
import { type Labels, promql } from '../promql.ts';
import type { RecordingRule } from '../rule.ts';

const { reported, canonical, previous, settled, settledPrevious, settledCheckpoint, differsSince, moved } = RECORDED;

/** Reset times without jitter, and the moves that are reported. */
export function resetRules({ reset_settle }: RulesOptions, labels: Labels): RecordingRule[] {
  const ahead = `${canonical} > time()`;
  const holdsStill = `changes(${canonical}[${reset_settle}]) == 0`;
  return [
    {
      record: reported,
      comment: '`> 0` also drops NaN. Whole minutes are enough for people, and they make the value usable as a label.',
      expr: `round(max by (${labels.window}) (claude_usage_resets_at_timestamp_seconds > 0), 60)`,
    },
    {
      record: settledPrevious,
      comment:
        'What survives a pause of the evaluation. A checkpoint has one sample for each change and no others, so a range\n' +
        'longer than the longest window costs next to nothing.',
      expr: `last_over_time(${settledCheckpoint}[8d])`,
    },
    {
      record: previous,
      expr: promql`
        last_over_time(${canonical}[15m])
        or
        ${settledPrevious}`,
    },
    {
      record: canonical,
      comment:
        'The reset time without jitter: keeps its value while the API reports nearly the same, takes the reported value\n' +
        'otherwise, and bridges a gap (exporter down, null reset) until the window is over.',
      expr: promql`
        (${previous} and abs(${previous} - ${reported}) <= 120)
        or
        ${reported}
        or
        (${previous} > time())`,
    },
    {
      record: differsSince,
      comment: 'When the reset time left the value that people know. Present only while the two differ.',
      expr: promql`
        (
          last_over_time(${differsSince}[15m])
          or
          0 * ${canonical} + time()
        )
        and
        (${canonical} != ${settledPrevious})`,
    },
    {
      record: moved,
      comment:
        'A reset that moved while the old one was still ahead, once it holds still: steps and flips are one move, and a\n' +
        'value that comes back is none. The value is the old time; the new time is a label, so that a second move is a\n' +
        'second event. A rollover may show up to two minutes early, because clocks differ.',
      expr: promql`
        (
          (${settledPrevious} > ${differsSince} + 120)
          and (${ahead})
          and (${holdsStill})
        )
        * on (${labels.window}) group_left (new_resets_at)
        count_values by (${labels.window}) ("new_resets_at", ${canonical} and ${differsSince})`,
    },
    {
      record: settled,
      comment:
        'The reset time that people know. Follows a rollover at once and a move when it holds still. A reset in the past\n' +
        'is never followed, and one that nobody reports any more is forgotten after a week.',
      expr: promql`
        (${canonical} > time() and ${holdsStill})
        or
        (${canonical} > time() and (${settledPrevious} <= ${differsSince} + 120))
        or
        (${settledPrevious} > time() - 604800)
        or
        (${ahead})`,
    },
    {
      record: settledCheckpoint,
      expr: `${settled} unless (${settledPrevious} == ${settled})`,
    },
  ];
}
