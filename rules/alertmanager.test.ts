import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readAlerts } from './tests/read-rules.ts';
import { RULES_FOLDER, runTool } from './tests/run-tool.ts';

interface Route {
  receiver?: string;
  matchers?: string[];
  group_by?: string[];
  repeat_interval?: string;
  routes?: Route[];
}
interface Config {
  route: Route;
  inhibit_rules: { target_matchers: string[]; equal: string[] }[];
  receivers: { name: string; webhook_configs?: unknown[]; email_configs?: unknown[] }[];
}

const config: Config = parse(readFileSync(join(RULES_FOLDER, 'alertmanager.yml'), 'utf8'));

test('amtool accepts alertmanager.yml', async () => {
  expect(await runTool('amtool', ['check-config', 'alertmanager.yml'])).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('SUCCESS'),
  });
});

describe('routing', () => {
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
      'alertname="ClaudeUsageTierChanged"': ['alertname', 'account', 'tier'],
    });
  });
});

describe('receivers', () => {
  test.each([
    ['claude-usage-events', false],
    ['claude-usage-states', true],
  ])('%s sends to the bridge; resolved alerts: %s', (name, sendResolved) => {
    expect(config.receivers.find((receiver) => receiver.name === name)?.webhook_configs).toEqual([
      {
        url: 'http://127.0.0.1:10086/api/v1/alerts',
        send_resolved: sendResolved,
        http_config: { authorization: { type: 'Bearer', credentials_file: 'webhook_token' } },
      },
    ]);
  });

  test('alerts about the bridge have a way that does not depend on it', () => {
    expect(config.receivers.find((receiver) => receiver.name === 'beside-matrix')?.email_configs).toHaveLength(1);
  });
});

test('every inhibition has equal labels, one of which the target must have', () => {
  for (const { target_matchers, equal } of config.inhibit_rules) {
    expect(equal).not.toEqual([]);
    expect(equal.some((label) => target_matchers.includes(`${label}!=""`))).toBe(true);
  }
});
