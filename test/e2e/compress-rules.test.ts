import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { compressRules } from '../../deploy/local/demo/compress-rules.ts';
import { RULE_FILES } from '../../rules/tests/read-rules.ts';
import { RULES_FOLDER, runTool } from '../../rules/tests/run-tool.ts';

const rules = (file: string): string => readFileSync(join(RULES_FOLDER, file), 'utf8');

test('divides durations and numbers of seconds by the factor, and nothing else', () => {
  const file = `groups:
  - name: 600
    rules:
      - record: account_window:a_seconds:max
        expr: round(max by (window) (a_timestamp_seconds > 0), 60) and changes(a[1h30m] offset 10m) <= 2 and b > time() + 120
      - alert: Late
        expr: last_over_time(a[8d]) > 0.5
        for: 15m
        keep_firing_for: 1h
        labels: { severity: 60m }
`;
  expect(compressRules(file, 60)).toBe(
    file
      .replace('0), 60)', '0), 1)')
      .replace('[1h30m] offset 10m', '[1m30s] offset 10s')
      .replace('+ 120', '+ 2')
      .replace('[8d]', '[3h12m]')
      .replace('for: 15m', 'for: 15s')
      .replace('firing_for: 1h', 'firing_for: 1m'),
  );
});

test.each(RULE_FILES)('leaves no range of %s as it was', (file) => {
  const ranges = (text: string) => text.match(/\[\d\w+\]/g) ?? [];
  const before = ranges(rules(file));
  expect(ranges(compressRules(rules(file), 60)).filter((range, index) => range === before[index])).toEqual([]);
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
