import type { Firing, Scenario } from '../scenario.ts';

const WEEK = 'account="demo",window="seven_day"';
const WINDOW = { account: 'demo', window: 'seven_day' };
const FIFTY = 'threshold="50",severity="info"';
const EIGHTY = 'threshold="80",severity="warning"';
const END = '1784733000';
const RESET = '2026-07-22T15:10:00Z';

const reached = (threshold: string, severity: string, summary: string): Firing => ({
  labels: { ...WINDOW, threshold, severity, window_end: END },
  summary,
  chartEnd: END,
});

export const usageScenarios: Scenario[] = [
  {
    alert: 'ClaudeUsageThresholdReached',
    name: 'reached, and the exporter goes away',
    series: {
      [`claude_usage_threshold_ratio{${WEEK},${FIFTY}}`]: '0.5x39 stale',
      // m=20: exactly 50 %   m=40: the exporter goes away
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0.4x19 0.5x19 stale',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '1784733000.4x39 stale',
    },
    silentAt: ['19m'],
    firingAt: ['20m', '110m'],
    firing: [reached('50', 'info', `demo: 50 % of the week used, resets ${RESET}`)],
  },
  {
    alert: 'ClaudeUsageThresholdReached',
    name: 'windows by the names people use',
    series: Object.fromEntries(
      ['five_hour', 'seven_day_opus', 'seven_day_fable_5'].flatMap((window) => [
        [`claude_usage_threshold_ratio{account="demo",window="${window}",${EIGHTY}}`, '0.8x9'],
        [`claude_usage_utilization_ratio{account="demo",window="${window}"}`, '0.9x9'],
        [`claude_usage_resets_at_timestamp_seconds{account="demo",window="${window}"}`, `${END}x9`],
      ]),
    ),
    firingAt: ['5m'],
    firing: [
      ['five_hour', '5 hours'],
      ['seven_day_opus', 'Opus week'],
      ['seven_day_fable_5', 'Fable 5 week'],
    ].map(([window = '', name]) => ({
      labels: { account: 'demo', window, threshold: '80', severity: 'warning', window_end: END },
      summary: `demo: 80 % of the ${name} used, resets ${RESET}`,
      chartEnd: END,
    })),
  },
  {
    alert: 'ClaudeUsageThresholdReached',
    name: 'the exporter knows the window: a moved reset repeats nothing, and the text has the new time',
    series: {
      [`claude_usage_threshold_ratio{${WEEK},${FIFTY}}`]: '0.5x99',
      [`claude_usage_threshold_ratio{${WEEK},${EIGHTY}}`]: '0.8x99',
      // m=30: the reset moves by a day, utilization does not fall   m=60: reaches 80 %
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0.6x59 0.8x40',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '1784733000x29 1784819400x70',
      [`claude_usage_window_start_timestamp_seconds{${WEEK}}`]: '1784128200x99',
      'claude_usage_window_duration_seconds{window="seven_day"}': '604800x99',
    },
    firingAt: ['70m'],
    firing: [
      {
        ...reached('50', 'info', 'demo: 50 % of the week used, resets 2026-07-23T15:10:00Z'),
        chartEnd: '1784819400',
      },
      {
        ...reached('80', 'warning', 'demo: 80 % of the week used, resets 2026-07-23T15:10:00Z'),
        chartEnd: '1784819400',
      },
    ],
  },
  {
    alert: 'ClaudeUsageThresholdReached',
    name: 'the highest of each severity, over a dip and a gap',
    series: {
      [`claude_usage_threshold_ratio{${WEEK},threshold="70",severity="info"}`]: '0.7x49 stale',
      [`claude_usage_threshold_ratio{${WEEK},${FIFTY}}`]: '0.5x49 stale',
      [`claude_usage_threshold_ratio{${WEEK},${EIGHTY}}`]: '0.8x49 stale',
      // m=20: jumps over all   m=30: dips below one   m=50: the exporter goes away
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0.4x19 0.85x9 0.69x19 stale',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '1784733000x49 stale',
    },
    silentAt: ['19m'],
    firingAt: ['20m', '35m', '80m'],
    firing: [
      reached('70', 'info', `demo: 70 % of the week used, resets ${RESET}`),
      { ...reached('80', 'warning', `demo: 80 % of the week used, resets ${RESET}`) },
    ],
  },
  {
    alert: 'ClaudeUsageExhausted',
    name: 'used up, over a restart of the exporter, until the next window',
    series: {
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0.99x9 1x9 _x8 1.01x30 0x20',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '1784733000x80',
    },
    silentAt: ['9m', '60m'],
    firingAt: ['10m', '25m', '50m'],
    firing: [{ labels: WINDOW, summary: `demo: the week is used up, resets ${RESET}` }],
  },
  {
    alert: 'ClaudeUsageExhausted',
    name: 'without a reset time',
    series: { [`claude_usage_utilization_ratio{${WEEK}}`]: '1x20' },
    firingAt: ['10m'],
    firing: [{ labels: WINDOW, summary: 'demo: the week is used up' }],
  },
  {
    alert: 'ClaudeUsageHighWithoutReset',
    name: 'from the lowest threshold on, until a reset appears',
    series: {
      [`claude_usage_threshold_ratio{${WEEK},${FIFTY}}`]: '0.5x99',
      [`claude_usage_threshold_ratio{${WEEK},${EIGHTY}}`]: '0.8x99',
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0.49x19 0.5x80',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '_x50 300000x40',
    },
    silentAt: ['34m', '50m'],
    firingAt: ['35m', '49m'],
    firing: [{ labels: WINDOW, summary: 'demo: 50 % of the week used, reset time unknown' }],
  },
  {
    alert: 'ClaudeUsageHighWithoutReset',
    name: 'a reset in the past is none',
    series: {
      [`claude_usage_threshold_ratio{${WEEK},${FIFTY}}`]: '0.5x99',
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0.625x99',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '1800x99',
    },
    silentAt: ['29m', '44m'],
    firingAt: ['45m'],
    firing: [{ labels: WINDOW, summary: 'demo: 62.5 % of the week used, reset time unknown' }],
  },
  {
    alert: 'ClaudeUsageHighWithoutReset',
    name: 'idle, without thresholds, or null for an hour',
    series: {
      'claude_usage_threshold_ratio{account="demo",window="five_hour",threshold="80"}': '0.8x120',
      'claude_usage_utilization_ratio{account="demo",window="five_hour"}': '0x120',
      'claude_usage_utilization_ratio{account="demo",window="seven_day_opus"}': '0.9x120',
      [`claude_usage_threshold_ratio{${WEEK},${EIGHTY}}`]: '0.8x120',
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0.9x120',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '60000x29 stale _x59 60000x30',
    },
    silentAt: ['20m', '80m', '120m'],
  },
  {
    alert: 'ClaudeUsageResetMoved',
    name: 'a week later, present for an hour',
    series: { [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '1784733000.3x59 1785337800.7x140' },
    silentAt: ['60m', '68m', '132m'],
    firingAt: ['71m', '90m', '127m'],
    firing: [
      {
        labels: { ...WINDOW, new_resets_at: '1785337800' },
        summary: `demo: the week now resets 2026-07-29T15:10:00Z instead of ${RESET}`,
      },
    ],
  },
  {
    alert: 'ClaudeUsageResetFlapping',
    name: 'up and down, twice',
    series: {
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '60000x59 120000x4 60000x4 120000x4 60000x120',
      // Steps in one direction, and one wrong answer.
      'claude_usage_resets_at_timestamp_seconds{account="steps",window="seven_day"}':
        '60000x59 120000x4 180000x4 240000x4 300000x4 360000x100',
      'claude_usage_resets_at_timestamp_seconds{account="down",window="seven_day"}':
        '360000x59 300000x4 240000x4 180000x4 120000x100',
      'claude_usage_resets_at_timestamp_seconds{account="wrong",window="seven_day"}': '60000x59 120000x4 60000x100',
    },
    silentAt: ['74m', '92m'],
    firingAt: ['76m', '87m'],
    firing: [{ labels: WINDOW, summary: 'demo: the reset time of the week changed 4 times in 30 minutes' }],
  },
  {
    alert: 'ClaudeUsageProjectedExhaustion',
    name: 'fires at 70 % for an hour, and resolves below 50 % for an hour',
    series: {
      // m=10: 0.7   m=90: 0.5   m=120: below
      [`claude_usage_predicted_exhaustion_probability{${WEEK}}`]: '0.69x9 0.7x79 0.5x29 0.49x100',
      [`claude_usage_predicted_exhaustion_timestamp_seconds{${WEEK},method="default"}`]: '1784733000x219',
      [`claude_usage_predicted_exhaustion_timestamp_seconds{${WEEK},method="linear_6h"}`]: '1x219',
    },
    silentAt: ['69m', '196m'],
    firingAt: ['70m', '100m', '119m', '179m'],
    firing: [{ labels: WINDOW, summary: `demo: the week is likely to run out at ${RESET}, before it resets` }],
  },
  {
    alert: 'ClaudeUsageProjectedExhaustion',
    name: 'a dip below 70 % before the hour is over starts the hour again; a restart of the exporter does not',
    series: {
      [`claude_usage_predicted_exhaustion_probability{${WEEK}}`]: '0.8x49 0.6x1 0.8x29 _x12 0.8x60',
      [`claude_usage_predicted_exhaustion_timestamp_seconds{${WEEK},method="default"}`]:
        '1784733000x79 _x12 1784733000x60',
    },
    silentAt: ['60m', '110m'],
    firingAt: ['112m'],
    firing: [{ labels: WINDOW, summary: `demo: the week is likely to run out at ${RESET}, before it resets` }],
  },
  {
    alert: 'ClaudeUsageBurnFast',
    name: 'one percent in ten minutes is ten times too fast; half a percent is five times',
    series: {
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0+0.001x200 0.2x200',
      'claude_usage_utilization_ratio{account="slow",window="seven_day"}': '0+0.0005x200 0.1x200',
      'claude_usage_resets_at_timestamp_seconds{account="slow",window="seven_day"}': '600000x400',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '600000x400',
      'claude_usage_window_duration_seconds{window="seven_day"}': '604800x400',
    },
    // The offset demands an hour of data; after the burst the short range ends it.
    silentAt: ['59m', '250m'],
    firingAt: ['80m', '190m'],
    firing: [{ labels: WINDOW, summary: 'demo: the week is being used 10 times too fast to last' }],
  },
  {
    alert: 'ClaudeUsageBurnFast',
    name: 'the reset comes first',
    series: {
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0+0.001x200',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '40000x200',
      'claude_usage_window_duration_seconds{window="seven_day"}': '604800x200',
    },
    silentAt: ['80m', '190m'],
  },
  {
    alert: 'ClaudeUsageLinearExhaustion',
    name: 'a straight line to 100 % within a day; slower; the reset comes first; five hours',
    series: {
      [`claude_usage_utilization_ratio{${WEEK}}`]: '0.2+0.001x400',
      [`claude_usage_resets_at_timestamp_seconds{${WEEK}}`]: '300000x400',
      'claude_usage_utilization_ratio{account="slow",window="seven_day"}': '0.2+0.0002x400',
      'claude_usage_resets_at_timestamp_seconds{account="slow",window="seven_day"}': '600000x400',
      'claude_usage_utilization_ratio{account="soon",window="seven_day"}': '0.2+0.001x400',
      'claude_usage_resets_at_timestamp_seconds{account="soon",window="seven_day"}': '30000x400',
      'claude_usage_utilization_ratio{account="demo",window="five_hour"}': '0.2+0.001x400',
      'claude_usage_resets_at_timestamp_seconds{account="demo",window="five_hour"}': '300000x400',
    },
    silentAt: ['59m', '119m'],
    firingAt: ['130m'],
    firing: [{ labels: WINDOW, summary: 'demo: at this pace the week reaches 177 % within 24 hours' }],
  },
];
