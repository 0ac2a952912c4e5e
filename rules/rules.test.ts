import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDuration } from '@repo/common/duration';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BRIDGE_METRICS } from '../bridge/src/metrics.ts';
import { ACCOUNT_METRICS, TELEMETRY_METRICS } from '../exporter/src/metrics/catalogue.ts';
import { RULE_FILES, readAlerts, readGroups } from './tests/read-rules.ts';
import { RULES_FOLDER, runTool } from './tests/run-tool.ts';

const PASSED = { exitCode: 0, output: expect.stringContaining('SUCCESS') };
const RUNBOOK = 'https://example.org/claude-usage-monitoring/rules/runbook.md';

/** Metrics that the rules may use. */
const EXPORTED_METRICS = [...Object.keys({ ...ACCOUNT_METRICS, ...TELEMETRY_METRICS }), ...Object.keys(BRIDGE_METRICS)];

function namesIn(text: string): string[] {
  return text.match(/\b(?:account|alertmanager|claude)_[a-z_:]+/g) ?? [];
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

  const scenarios = globSync('tests/*.test.yml', { cwd: RULES_FOLDER }).sort();
  test.each(scenarios)('%s', async (file) => {
    const { exitCode, output } = await runTool('promtool', ['test', 'rules', file]);
    expect(exitCode, output).toBe(0);
  });

  test('knows a scenario for every alert', () => {
    const text = scenarios.map((file) => readFileSync(join(RULES_FOLDER, file), 'utf8')).join('\n');
    const untested = readAlerts().filter(({ alert }) => !text.includes(`rules/runbook.md#${alert}\n`));
    expect(untested.map(({ alert }) => alert)).toEqual([]);
  });
});

describe('every rule', () => {
  test('builds on exported metrics and recorded rules only', () => {
    const rules = readGroups().flatMap((group) => group.rules);
    const recorded = rules.flatMap((rule) => ('record' in rule ? [rule.record] : []));
    const texts = rules.flatMap((rule) => [rule.expr, ...('alert' in rule ? Object.values(rule.annotations) : [])]);
    const used = new Set(texts.flatMap(namesIn));
    expect([...used].filter((name) => !EXPORTED_METRICS.includes(name) && !recorded.includes(name))).toEqual([]);
  });

  test('leaves the evaluation interval to Prometheus', () => {
    expect(readGroups().filter((group) => group.interval !== undefined)).toEqual([]);
  });
});

describe('every alert', () => {
  const runbook = readFileSync(join(RULES_FOLDER, 'runbook.md'), 'utf8');
  const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title]) => title);

  test('has its section in the runbook, and every section its alert', () => {
    expect(sections).toEqual(expect.arrayContaining(readAlerts().map(({ alert }) => alert)));
    expect(sections).toHaveLength(readAlerts().length);
  });

  test.each(readAlerts())('$alert names what it is, says it, and links to its section', (rule) => {
    expect(rule.labels.notify).toMatch(/^(event|state)$/);
    if (rule.alert !== 'ClaudeUsageThresholdReached') expect(rule.labels.severity).toMatch(/^(info|warning|critical)$/);
    expect(Object.keys(rule.annotations)).toEqual(['summary', 'description', 'runbook_url']);
    expect(rule.annotations.runbook_url).toBe(`${RUNBOOK}#${rule.alert}`);
  });

  test.each(readAlerts())('$alert is not delayed by a time that Prometheus forgets when it restarts', (rule) => {
    expect(parseDuration(rule.for ?? '10m')).toBeGreaterThanOrEqual(600_000);
  });
});

type Route = {
  receiver?: string;
  matchers?: string[];
  group_by?: string[];
  repeat_interval?: string;
  routes?: Route[];
};
type Receiver = { name: string; webhook_configs?: { url: string; send_resolved: boolean; http_config: unknown }[] };

describe('alertmanager.yml', () => {
  const config: { route: Route; receivers: Receiver[] } = parse(
    readFileSync(join(RULES_FOLDER, 'alertmanager.yml'), 'utf8'),
  );

  test('is accepted by amtool', async () => {
    expect(await runTool('amtool', ['check-config', 'alertmanager.yml'])).toEqual(PASSED);
  });

  test.each(readAlerts())('$alert goes where its kind goes', async ({ alert, labels }) => {
    const receivers = [
      ...(alert.startsWith('AlertmanagerMatrix') ? ['beside-matrix'] : []),
      labels.notify === 'event' ? 'claude-usage-events' : 'claude-usage-states',
    ].join(',');
    const route = ['config', 'routes', 'test', '--config.file=alertmanager.yml', `--verify.receivers=${receivers}`];
    const { exitCode, output } = await runTool('amtool', [...route, `alertname=${alert}`, `notify=${labels.notify}`]);
    expect(exitCode, output).toBe(0);
  });

  test('groups thresholds by window and moves by new reset, so that a card is about one thing', () => {
    const events = config.route.routes?.find((route) => route.receiver === 'claude-usage-events');
    expect(events?.repeat_interval).toBe('8d');
    expect(Object.fromEntries(events?.routes?.map((route) => [route.matchers?.join(), route.group_by]) ?? [])).toEqual({
      'alertname="ClaudeUsageThresholdReached"': ['alertname', 'account', 'window', 'window_end'],
      'alertname="ClaudeUsageResetMoved"': ['alertname', 'account', 'window', 'new_resets_at'],
    });
  });

  test.each([
    ['claude-usage-events', false],
    ['claude-usage-states', true],
  ])('%s sends to the bridge; its end is told: %s', (name, sendResolved) => {
    expect(config.receivers.find((receiver) => receiver.name === name)?.webhook_configs).toEqual([
      {
        url: 'http://127.0.0.1:10086/api/v1/alerts',
        send_resolved: sendResolved,
        http_config: { authorization: { type: 'Bearer', credentials_file: 'webhook_token' } },
      },
    ]);
  });
});
