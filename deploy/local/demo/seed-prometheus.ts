import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Past } from './seed-history.ts';

const run = promisify(execFile);

/** The labels that Prometheus adds to what it scrapes from the exporter. */
export interface TargetLabels {
  readonly job: string;
  readonly instance: string;
}

/**
 * Writes the past into Prometheus' data directory before Prometheus starts, with promtool.
 * @throws if promtool is missing or fails
 */
export async function seedPrometheus(
  directory: string,
  past: ReadonlyMap<string, Past>,
  labels: TargetLabels,
): Promise<void> {
  const data = join(directory, 'data');
  mkdirSync(data, { recursive: true });
  const file = join(directory, 'past.openmetrics');
  writeFileSync(file, openMetrics(past, labels));
  // One block: the default of two hours would make 168 of them.
  await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=720h', file, data]);
  rmSync(file);
}

/** Returns the past in OpenMetrics, as the exporter would have exported it. */
export function openMetrics(past: ReadonlyMap<string, Past>, { job, instance }: TargetLabels): string {
  const series = [...past].flatMap(([account, windows]) =>
    [...windows].map(([window, samples]) => ({
      labels: `account="${account}",window="${window}",job="${job}",instance="${instance}"`,
      samples,
    })),
  );
  const family = (name: string, read: (sample: { percent: number; resetsAt: number }) => number): string[] => [
    `# TYPE ${name} gauge`,
    ...series.flatMap(({ labels, samples }) =>
      samples.map((sample) => `${name}{${labels}} ${read(sample)} ${sample.at / 1000}`),
    ),
  ];
  return [
    ...family('claude_usage_utilization_ratio', ({ percent }) => percent / 100),
    ...family('claude_usage_resets_at_timestamp_seconds', ({ resetsAt }) => resetsAt / 1000),
    '# EOF',
    '',
  ].join('\n');
}
