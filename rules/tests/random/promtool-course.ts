import { type Course, type Minute, WEEK } from './course.ts';

const THRESHOLDS = { 50: 'info', 80: 'warning', 95: 'critical' };
const WINDOW = 'account="work",window="seven_day"';

/** The course as a promtool test. Without the window's start the rules know a window by its end alone. */
export function promtoolCourse(seed: number, course: Course, withStart: boolean) {
  const { minutes } = course;
  return {
    name: `seed ${seed}, ${withStart ? 'with' : 'without'} the window's start`,
    interval: '1m',
    input_series: [
      series(`claude_usage_utilization_ratio{${WINDOW}}`, minutes, ({ utilization }) => utilization.toFixed(2)),
      series(`claude_usage_resets_at_timestamp_seconds{${WINDOW}}`, minutes, ({ resetsAt, missing }) =>
        missing === 'reset' ? undefined : resetsAt.toFixed(1),
      ),
      series('claude_usage_window_duration_seconds{window="seven_day"}', minutes, () => String(WEEK)),
      ...(withStart
        ? [series(`claude_usage_window_start_timestamp_seconds{${WINDOW}}`, minutes, ({ start }) => String(start))]
        : []),
      ...Object.entries(THRESHOLDS).map(([threshold, severity]) =>
        series(`claude_usage_threshold_ratio{${WINDOW},threshold="${threshold}",severity="${severity}"}`, minutes, () =>
          String(Number(threshold) / 100),
        ),
      ),
    ],
    promql_expr_test: [
      {
        eval_time: `${minutes.length}m`,
        expr: 'sum by (new_resets_at) (1 + changes(ALERTS_FOR_STATE{alertname="ClaudeUsageResetMoved"}[20d]))',
        exp_samples: [...Map.groupBy(course.moves, (resetsAt) => resetsAt)].map(([resetsAt, times]) => ({
          labels: `{new_resets_at="${resetsAt}"}`,
          value: times.length,
        })),
      },
      withStart
        ? {
            eval_time: `${minutes.length}m`,
            expr: `sum by (threshold, window_end) (${TIMES})`,
            exp_samples: expectedThresholds(minutes),
          }
        : { eval_time: `${minutes.length}m`, expr: `${TIMES} > 1`, exp_samples: [] },
    ],
  };
}

const TIMES = '1 + changes(ALERTS_FOR_STATE{alertname="ClaudeUsageThresholdReached"}[20d])';

function expectedThresholds(minutes: readonly Minute[]) {
  const reached = new Set(
    minutes.flatMap(({ utilization, start, missing }) =>
      missing === 'everything'
        ? []
        : Object.keys(THRESHOLDS)
            .filter((threshold) => Number(utilization.toFixed(2)) >= Number(threshold) / 100)
            .map((threshold) => `{threshold="${threshold}", window_end="${Math.round((start + WEEK) / 60) * 60}"}`),
    ),
  );
  return [...reached].map((labels) => ({ labels, value: 1 }));
}

function series(metric: string, minutes: readonly Minute[], value: (minute: Minute) => string | undefined) {
  const values = minutes.map((minute) => (minute.missing === 'everything' ? undefined : value(minute)));
  return {
    series: metric,
    values: values
      .map((text, index) => text ?? (index > 0 && values[index - 1] !== undefined ? 'stale' : '_'))
      .join(' '),
  };
}
