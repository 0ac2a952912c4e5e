/** The accounts of the benchmark: all thresholds are reached, and a tenth of the windows is projected to run out. */
export const ACCOUNTS = 100;
export const WINDOWS = ['five_hour', 'seven_day', 'seven_day_opus', 'seven_day_sonnet', 'seven_day_fable'];
export const THRESHOLDS = [50, 60, 70, 80, 95];
const UTILIZATION = 0.97;

export type Line = readonly [series: string, value: number];

/** Series of the exporter's page. `resetsAt` in Unix seconds, a whole minute. */
export function scrapedLines(resetsAt: number): Line[] {
  const lines: Line[] = WINDOWS.map((window) => [
    `claude_usage_window_duration_seconds{window="${window}"}`,
    durationSeconds(window),
  ]);
  for (const { account, window } of pairs()) {
    const labels = `account="${account}",window="${window}"`;
    lines.push([`claude_usage_utilization_ratio{${labels}}`, UTILIZATION]);
    lines.push([`claude_usage_resets_at_timestamp_seconds{${labels}}`, resetsAt]);
    lines.push([`claude_usage_window_start_timestamp_seconds{${labels}}`, resetsAt - durationSeconds(window)]);
    lines.push([`claude_usage_predicted_exhaustion_probability{${labels}}`, account.endsWith('0') ? 0.9 : 0.1]);
    lines.push([`claude_usage_predicted_exhaustion_timestamp_seconds{${labels},method="default"}`, resetsAt - 3600]);
    for (const threshold of THRESHOLDS) lines.push([thresholdSeries(labels, threshold), threshold / 100]);
  }
  for (let index = 0; index < ACCOUNTS; index++) {
    lines.push([`claude_usage_up{account="${accountName(index)}"}`, 1]);
    lines.push([`claude_usage_poll_interval_seconds{account="${accountName(index)}"}`, 300]);
    for (const tier of ['green', 'yellow', 'orange', 'red']) {
      lines.push([`claude_usage_tier{account="${accountName(index)}",tier="${tier}"}`, Number(tier === 'red')]);
    }
  }
  return lines;
}

/** Seconds of history, and between its samples. */
export interface History {
  readonly lines: readonly Line[];
  readonly seconds: number;
  readonly step: number;
}

const CANONICAL = 'account_window:claude_usage_resets_at_timestamp_seconds:canonical';
const LATCH = 'account_window_threshold:claude_usage_threshold_reached';
const HOUR = 3600;

/** History that the earlier rules read: a day of their records, a sample for each evaluation. */
export function historyBefore(resetsAt: number, step: number): History[] {
  return [
    {
      lines: [...perWindow(CANONICAL, resetsAt), ...perThreshold(`${LATCH}:window_end`, resetsAt)],
      seconds: 24 * HOUR,
      step,
    },
  ];
}

/** History that the current rules read. Checkpoints have a sample where a latch was set: here one a day. */
export function historyNow(resetsAt: number, step: number): History[] {
  const end = `,window_end="${resetsAt}"`;
  const settled = 'account_window:claude_usage_resets_at_timestamp_seconds:settled';
  const pace = perWindow('account_window_end:claude_usage_utilization_ratio:sampled', 0.97, end);
  return [
    {
      lines: [...perWindow(`${settled}_checkpoint`, resetsAt), ...perThreshold(`${LATCH}:checkpoint`, resetsAt, end)],
      seconds: 192 * HOUR,
      step: 24 * HOUR,
    },
    { lines: pace.filter(([series]) => !series.includes('five_hour')), seconds: 7 * HOUR, step: 255 },
    {
      lines: [...perWindow(CANONICAL, resetsAt), ...perThreshold(`${LATCH}:window_end`, resetsAt, end)],
      seconds: HOUR,
      step,
    },
  ];
}

function perWindow(metric: string, value: number, moreLabels = ''): Line[] {
  return pairs().map(({ account, window }) => [
    `${metric}{account="${account}",window="${window}"${moreLabels}}`,
    value,
  ]);
}

function perThreshold(metric: string, value: number, moreLabels = ''): Line[] {
  return pairs().flatMap(({ account, window }) =>
    THRESHOLDS.map(
      (threshold): Line => [
        thresholdSeries(`account="${account}",window="${window}"${moreLabels}`, threshold, metric),
        value + threshold / 100,
      ],
    ),
  );
}

function thresholdSeries(labels: string, threshold: number, metric = 'claude_usage_threshold_ratio'): string {
  const severity = threshold >= 95 ? 'critical' : threshold >= 80 ? 'warning' : 'info';
  return `${metric}{${labels},threshold="${threshold}",severity="${severity}"}`;
}

function pairs(): { account: string; window: string }[] {
  return Array.from({ length: ACCOUNTS }, (_, index) =>
    WINDOWS.map((window) => ({ account: accountName(index), window })),
  ).flat();
}

function accountName(index: number): string {
  return `account-${String(index).padStart(3, '0')}`;
}

function durationSeconds(window: string): number {
  return window === 'five_hour' ? 18_000 : 604_800;
}
