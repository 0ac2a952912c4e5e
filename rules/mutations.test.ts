import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RULES_FOLDER, runTool } from './tests/run-tool.ts';

type Mutation = { file: string; from: string; to: string; caughtBy: string };

/** Each undoes one decision of a rule; if the scenarios still pass, nobody would notice its loss. */
const MUTATIONS: Mutation[] = [
  ...inFile('recording.yml', 'tests/threshold-latch.test.yml', [
    ['seconds > 0), 60)', 'seconds > 0), 1)'],
    ['seconds:previous > time())', 'seconds:previous < 0)'],
    ['or on (account, window, threshold)', 'or on (account, window)'],
    ['== on (account, window) group_left ()', '!= on (account, window) group_left ()'],
    ['          > time()\n', ''],
  ]),
  ...inFile('recording.yml', 'tests/threshold-many.test.yml', [
    ['<= on (account, window) group_left ()', '< on (account, window) group_left ()'],
    ['<= on (account, window) group_left ()', '<= on (window) group_left ()'],
    ['max by (account, window, threshold, severity)', 'max by (account, window, severity)'],
    ['max by (account, window, threshold, severity)', 'max by (account, window, threshold)'],
    ['max by (account, window) (claude_usage_utilization_ratio)', 'claude_usage_utilization_ratio'],
  ]),
  ...inFile('recording.yml', 'tests/reset-silent.test.yml', [
    ['seconds > 0), 60)', 'seconds), 60)'],
    [') <= 120', ') <= 60'],
    ['> time() + 120)', '> time())'],
  ]),
  ...inFile('recording.yml', 'tests/reset-moved.test.yml', [
    ['max by (account, window) (claude_usage_resets', 'max by (account, window, instance) (claude_usage_resets'],
    [') <= 120', ') <= 180'],
    ['> time() + 120)', '> time() + 600)'],
    ['[1d] offset 10m)', '[1d] offset 1m)'],
  ]),
  ...inFile('recording.yml', 'tests/reset-flapping.test.yml', [['[15m]) <= 1', '[15m]) <= 9']]),
  ...inFile('recording.yml', 'tests/pause.test.yml', [
    ['canonical[1d])\n', 'canonical[1h])\n'],
    ['window_end[1d])', 'window_end[1h])'],
    ['[1d] offset 10m)', '[1h] offset 10m)'],
  ]),
  ...inFile('alerts/resets.yml', 'tests/reset-moved.test.yml', [
    ['last_over_time(account_window:claude_usage_reset_moved:old[1h])', 'account_window:claude_usage_reset_moved:old'],
    ['moved:old[1h])', 'moved:old[3h])'],
    ['($labels.new_resets_at | toTime)', '($value | toTime)'],
  ]),
  ...inFile('alerts/resets.yml', 'tests/reset-flapping.test.yml', [
    ['[15m]) > 1', '[15m]) > 2'],
    ['[15m]) > 1', '[15m]) > 0'],
    ['[15m]) > 1', '[1h]) > 1'],
  ]),
  ...inFile('alerts/thresholds.yml', 'tests/threshold-sentences.test.yml', [
    ['$value | printf "%.0f"', '$value'],
    ['>= min by', '>= max by'],
    ['unless account_window:claude_usage_resets', 'unless account_window:claude_usage_no_resets'],
    ['for: 15m', 'for: 10m'],
    ['humanizePercentage }} used{{ else }}', 'humanizePercentage }} used{{ else }}{{ end }}{{ if false }}'],
  ]),
  ...inFile('alerts/exporter.yml', 'tests/exporter.test.yml', [
    ['up{job="claude-usage"} == 0', 'up == 0'],
    ['absent(up{job="claude-usage"})', 'up{job="claude-usage"} == 0'],
    ['> 1200', '> 900'],
    ['(claude_usage_up) == 0', '(claude_usage_up) == 2'],
    ['== 0 unless max', '== 0 and max'],
    ['until_timestamp_seconds) > time()', 'until_timestamp_seconds) > 1e9'],
    ['> 5400', '> 4500'],
    ['> 5400', '> 7200'],
  ]),
  ...inFile('alerts/bridge.yml', 'tests/bridge.test.yml', [
    ['up{job="alertmanager-matrix-bridge"} == 0', 'up == 0'],
    ['> 600', '> 500'],
    ['max by (room)', 'max'],
  ]),
];

function inFile(file: string, caughtBy: string, changes: [from: string, to: string][]): Mutation[] {
  return changes.map(([from, to]) => ({ file, from, to, caughtBy }));
}

let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'rules-'));
  cpSync(RULES_FOLDER, copy, { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true }));

test.each(MUTATIONS)(
  '$caughtBy fails when $file says "$to" instead of "$from"',
  async ({ file, from, to, caughtBy }) => {
    const text = readFileSync(join(copy, file), 'utf8');
    expect(text.split(from), `"${from}" must be in ${file} once`).toHaveLength(2);
    writeFileSync(join(copy, file), text.replace(from, to));

    expect(await runTool('promtool', ['check', 'rules', file], copy)).toMatchObject({ exitCode: 0 });
    const { exitCode, output } = await runTool('promtool', ['test', 'rules', caughtBy], copy);
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: expect.stringContaining('FAILED:') });
  },
);
