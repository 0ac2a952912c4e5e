import { expect, test } from 'vitest';
import { openMetrics } from './seed-prometheus.ts';

test('the past looks like scraped samples of the exporter', () => {
  const past = new Map([
    ['demo', new Map([['seven_day', [{ at: 1_700_000_000_000, percent: 46, resetsAt: 1_700_100_000_000 }]]])],
  ]);
  expect(
    openMetrics(past, { job: 'claude-usage', instance: '127.0.0.1:10085' }),
  ).toBe(`# TYPE claude_usage_utilization_ratio gauge
claude_usage_utilization_ratio{account="demo",window="seven_day",job="claude-usage",instance="127.0.0.1:10085"} 0.46 1700000000
# TYPE claude_usage_resets_at_timestamp_seconds gauge
claude_usage_resets_at_timestamp_seconds{account="demo",window="seven_day",job="claude-usage",instance="127.0.0.1:10085"} 1700100000 1700000000
# EOF
`);
});
