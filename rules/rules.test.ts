import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDuration } from '@repo/common/duration';
import { describe, expect, test } from 'vitest';
import { BRIDGE_METRICS } from '../bridge/src/metrics.ts';
import { ACCOUNT_METRICS, TELEMETRY_METRICS } from '../exporter/src/metrics/catalogue.ts';
import { DEFAULT_OPTIONS } from './src/options.ts';
import { RULE_FILES, readAlerts, readGroups } from './tests/read-rules.ts';
import { RULES_FOLDER, runTool } from './tests/run-tool.ts';
import { ALL_SCENARIOS } from './tests/scenarios/all.ts';

const PASSED = { exitCode: 0, output: expect.stringContaining('SUCCESS') };

/** Metrics that the rules may use. Prometheus itself makes `ALERTS`. */
const EXPORTED_METRICS: string[] = [ACCOUNT_METRICS, TELEMETRY_METRICS, BRIDGE_METRICS].flatMap(Object.keys);

/** Metrics that rules already use and a program does not export yet. */
const EXPECTED_METRICS = ['alertmanager_matrix_config_last_reload_successful'];

function namesIn(text: string): string[] {
  return text.match(/\b(?:account|alertmanager|claude)[_:][a-z_:]+/g) ?? [];
}

describe('promtool', () => {
  test('accepts the rules without a remark', async () => {
    expect(await runTool('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', ...RULE_FILES])).toEqual(PASSED);
  });

  test('accepts the example configuration', async () => {
    expect(await runTool('promtool', ['check', 'config', '--lint=all', '--lint-fatal', 'prometheus.yml'])).toEqual(
      PASSED,
    );
  });
});

describe('every rule', () => {
  const rules = readGroups().flatMap((group) => group.rules);
  const recorded = rules.flatMap((rule) => ('record' in rule ? [rule.record] : []));

  test('uses exported metrics and recorded rules only', () => {
    const texts = rules.flatMap((rule) => [rule.expr, ...('alert' in rule ? Object.values(rule.annotations) : [])]);
    const used = new Set(texts.flatMap(namesIn).map((name) => name.replace(/_bucket$/, '')));
    const known = [...EXPORTED_METRICS, ...EXPECTED_METRICS, ...recorded];
    expect([...used].filter((name) => !known.includes(name))).toEqual([]);
  });

  test('waits for no metric that is there', () => {
    expect(EXPECTED_METRICS.filter((name) => EXPORTED_METRICS.includes(name))).toEqual([]);
  });

  test('is recorded for somebody: an alert, another rule, or a dashboard', () => {
    const expressions = rules.map((rule) => rule.expr).join('\n');
    expect(recorded.filter((name) => !namesIn(expressions).includes(name))).toEqual([]);
  });

  test('leaves the evaluation interval to Prometheus', () => {
    expect(readGroups().filter((group) => group.interval !== undefined)).toEqual([]);
  });
});

describe('every alert', () => {
  test('has a scenario in which it fires', () => {
    const firing = new Set(ALL_SCENARIOS.filter(({ firingAt }) => firingAt).map(({ alert }) => alert));
    expect(
      readAlerts()
        .map(({ alert }) => alert)
        .filter((alert) => !firing.has(alert)),
    ).toEqual([]);
  });

  test('has a runbook page, and every page its alert', () => {
    const pages = globSync('*.md', { cwd: join(RULES_FOLDER, 'runbooks') }).map((name) => name.replace(/\.md$/, ''));
    expect(pages.sort()).toEqual(
      readAlerts()
        .map(({ alert }) => alert)
        .sort(),
    );
  });

  test.each(readAlerts())('$alert has the labels and links that routing and messages need', (rule) => {
    expect(rule.labels.notify).toMatch(/^(event|state)$/);
    if (rule.alert !== 'ClaudeUsageThresholdReached') {
      expect(rule.labels.severity).toMatch(/^(info|warning|critical|{{ or \$labels\.down_severity "critical" }})$/);
    }
    expect(rule.annotations.runbook_url).toBe(`http://127.0.0.1:10085/docs/runbook/${rule.alert}`);
    expect(rule.annotations.dashboard_url).toMatch(/^http/);
  });

  test.each(readAlerts())('$alert does not wait for a time that Prometheus forgets when it restarts', (rule) => {
    expect(parseDuration(rule.for ?? '10m')).toBeGreaterThanOrEqual(600_000);
  });

  test.each([
    ['ClaudeUsageProjectedExhaustion', `at least ${DEFAULT_OPTIONS.projected_exhaustion.probability * 100} %`],
    ['ClaudeUsageProjectedExhaustion', `below ${DEFAULT_OPTIONS.projected_exhaustion.resolve_below * 100} %`],
    ['ClaudeUsageBurnFast', `more than ${DEFAULT_OPTIONS.burn_fast_factor} times`],
    ['ClaudeUsageLinearExhaustion', `within ${DEFAULT_OPTIONS.linear_exhaustion.horizon_seconds / 3600} hours`],
    ['ClaudeUsageExtraNearlySpent', `At least ${DEFAULT_OPTIONS.extra_nearly_spent_ratio * 100} %`],
    ['ClaudeUsageResetMoved', `for ${(parseDuration(DEFAULT_OPTIONS.reset_settle) ?? 0) / 60_000} minutes`],
    ['ClaudeUsageLoginExpiring', DEFAULT_OPTIONS.login_expiring_seconds === 3 * 86_400 ? 'three days' : 'unknown'],
    ['ClaudeUsageClockSkew', DEFAULT_OPTIONS.clock_skew_seconds === 60 ? 'more than a minute' : 'unknown'],
  ])('the runbook of %s says "%s", as the rule does', (alert, phrase) => {
    expect(readFileSync(join(RULES_FOLDER, 'runbooks', `${alert}.md`), 'utf8')).toContain(phrase);
  });
});
