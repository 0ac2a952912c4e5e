import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { compressRules } from '../../deploy/local/demo/compress-rules.ts';
import { RULE_FILES } from '../../rules/tests/read-rules.ts';
import { RULES_FOLDER, runTool } from '../../rules/tests/run-tool.ts';

const rules = (file: string): string => readFileSync(join(RULES_FOLDER, file), 'utf8');

/** The lines that differ, as "before → after", without their indentation. */
function changes(before: string, after: string): string[] {
  const changed = after.split('\n');
  return before
    .split('\n')
    .flatMap((line, i) => (line === changed[i] ? [] : [`${line.trim()} → ${changed[i]?.trim()}`]));
}

test('divides the durations and seconds of the recording rules, and nothing else', () => {
  const shortened = changes(rules('recording.yml'), compressRules(rules('recording.yml'), 60));
  expect(shortened.map((line) => line.replaceAll(/account_window\w*:claude_\w+:/g, ''))).toEqual([
    'expr: round(max by (account, window) (claude_usage_resets_at_timestamp_seconds > 0), 60) → expr: round(max by (account, window) (claude_usage_resets_at_timestamp_seconds > 0), 1)',
    'expr: last_over_time(canonical[1d]) → expr: last_over_time(canonical[24m])',
    ') <= 120 → ) <= 2',
    'last_over_time(window_end[1d]) → last_over_time(window_end[24m])',
    '(last_over_time(canonical[1d] offset 10m) > time() + 120) → (last_over_time(canonical[24m] offset 10s) > time() + 2)',
    'changes(canonical[15m]) <= 1 → changes(canonical[15s]) <= 1',
  ]);
});

test.each([
  ['alerts/thresholds.yml', ['for: 15m → for: 15s']],
  [
    'alerts/resets.yml',
    [
      'expr: last_over_time(account_window:claude_usage_reset_moved:old[1h]) → expr: last_over_time(account_window:claude_usage_reset_moved:old[1m])',
      'expr: changes(account_window:claude_usage_resets_at_timestamp_seconds:canonical[15m]) > 1 → expr: changes(account_window:claude_usage_resets_at_timestamp_seconds:canonical[15s]) > 1',
    ],
  ],
  [
    'alerts/exporter.yml',
    [
      'for: 10m → for: 10s',
      'for: 10m → for: 10s',
      'time() - max by (account) (claude_usage_last_success_timestamp_seconds) > 1200 → time() - max by (account) (claude_usage_last_success_timestamp_seconds) > 20',
      'time() - max by (account) (claude_usage_last_success_timestamp_seconds) > 5400 → time() - max by (account) (claude_usage_last_success_timestamp_seconds) > 90',
      'for: 10m → for: 10s',
    ],
  ],
  [
    'alerts/bridge.yml',
    [
      'for: 10m → for: 10s',
      'expr: max by (room) (alertmanager_matrix_outbox_oldest_pending_seconds) > 600 → expr: max by (room) (alertmanager_matrix_outbox_oldest_pending_seconds) > 10',
    ],
  ],
])('divides those of %s, and nothing else', (file, expected) => {
  expect(changes(rules(file), compressRules(rules(file), 60))).toEqual(expected);
});

test.each(RULE_FILES)('promtool accepts %s at sixty times its speed', async (file) => {
  const folder = mkdtempSync(join(tmpdir(), 'compressed-rules-'));
  try {
    writeFileSync(join(folder, basename(file)), compressRules(rules(file), 60));
    const { exitCode, output } = await runTool('promtool', ['check', 'rules', basename(file)], folder);
    expect(exitCode, output).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('leaves digits in names and texts alone', () => {
  const file = 'groups: [{name: g, rules: [{record: r, expr: \'sum(week_604800{window="5h",job="300"}[2m])\'}]}]\n';
  expect(compressRules(file, 60)).toContain('sum(week_604800{window="5h",job="300"}[2s])');
});

test('refuses a file without any time in it', () => {
  expect(() => compressRules('groups: [{name: g, rules: [{record: r, expr: up == 0}]}]', 60)).toThrow(
    'The rule file names no duration and no number of seconds, so nothing can be compressed.',
  );
});
