import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { startAlertmanager } from '../deploy/local/alertmanager.ts';
import type { Server } from '../deploy/local/process.ts';
import { kubernetesFiles } from './src/generated-files.ts';
import { DEFAULT_OPTIONS } from './src/options.ts';
import { RULES_FOLDER } from './tests/run-tool.ts';

type Labels = Readonly<Record<string, string>>;

const LAPTOP = { job: 'claude-usage', instance: 'laptop:10085' };
const SERVER = { job: 'claude-usage', instance: 'server:10085' };
const WORK = { account: 'work', window: 'seven_day' };

const threshold = (percent: string, severity: string, labels: Labels = WORK): Labels => ({
  alertname: 'ClaudeUsageThresholdReached',
  threshold: percent,
  severity,
  window_end: '1784733000',
  ...labels,
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inhibition-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a real Alertmanager for the tests of the block. Returns which of some alerts it mutes. */
function alertmanager(name: string, config: string) {
  let server: Server;
  beforeAll(async () => {
    const configFile = join(folder, `${name}.yml`);
    writeFileSync(configFile, config);
    writeFileSync(join(folder, 'webhook_token'), 'token');
    server = await startAlertmanager({ directory: join(folder, name), configFile });
  }, 60_000);
  afterAll(() => server?.stop());

  return async (alerts: readonly Labels[]): Promise<string[]> => {
    const send = (endsAt?: string) =>
      fetch(`${server.url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts.map((labels) => ({ labels, ...(endsAt ? { endsAt } : {}) }))),
      });
    const list = async () => (await (await fetch(`${server.url}/api/v2/alerts`)).json()) as Listed[];
    const until = async (isDone: (listed: Listed[]) => boolean): Promise<Listed[]> => {
      for (;;) {
        const listed = await list();
        if (isDone(listed)) return listed;
        await sleep(100);
      }
    };
    await send();
    const listed = await until((all) => all.length === alerts.length && all.every(isProcessed));
    // The next test starts without alerts that could mute its own.
    await send(new Date(Date.now() - 1000).toISOString());
    await until((all) => all.length === 0);
    return listed.filter(isMuted).map(nameOf).sort();
  };
}

interface Listed {
  readonly labels: Labels;
  readonly status: { readonly state: string };
}
const isProcessed = ({ status }: Listed) => status.state !== 'unprocessed';
const isMuted = ({ status }: Listed) => status.state === 'suppressed';
const nameOf = ({ labels: { alertname = '', ...labels } }: Listed) =>
  [alertname.replace(/^(ClaudeUsage|AlertmanagerMatrix)/, ''), labels.account, labels.threshold ?? labels.instance]
    .filter(Boolean)
    .join(' ');

describe('alertmanager.yml', () => {
  const muted = alertmanager('plain', readFileSync(join(RULES_FOLDER, 'alertmanager.yml'), 'utf8'));

  test('an exporter that is down mutes its own alerts, and those of no other exporter or account', async () => {
    expect(
      await muted([
        { alertname: 'ClaudeUsageExporterDown', ...LAPTOP },
        { alertname: 'ClaudeUsageDataStale', account: 'home', ...LAPTOP },
        { alertname: 'ClaudeUsageLoginExpiring', account: 'home', ...LAPTOP },
        { alertname: 'ClaudeUsageDataStale', account: 'work', ...SERVER },
        { alertname: 'ClaudeUsageDataStale', account: 'server' },
        { alertname: 'ClaudeUsageExporterDown', ...SERVER, job: 'other' },
        { alertname: 'ClaudeUsageProjectedExhaustion', ...WORK },
      ]),
    ).toEqual(['DataStale home laptop:10085', 'LoginExpiring home laptop:10085']);
  });

  test('the cause of stale data mutes it for the same account', async () => {
    expect(
      await muted([
        { alertname: 'ClaudeUsageRateLimited', account: 'limited', ...SERVER },
        { alertname: 'ClaudeUsageDataStale', account: 'limited', ...SERVER },
        { alertname: 'ClaudeUsageTokenRefreshFailing', account: 'expired', ...SERVER },
        { alertname: 'ClaudeUsageDataStale', account: 'expired', ...SERVER },
        { alertname: 'ClaudeUsageDataStale', account: 'other', ...SERVER },
      ]),
    ).toEqual(['DataStale expired server:10085', 'DataStale limited server:10085']);
  });

  test('a window that is used up mutes its thresholds and forecasts, and nothing of another window', async () => {
    expect(
      await muted([
        { alertname: 'ClaudeUsageExhausted', ...WORK },
        threshold('95', 'critical'),
        { alertname: 'ClaudeUsageProjectedExhaustion', ...WORK },
        { alertname: 'ClaudeUsageBurnFast', ...WORK },
        { alertname: 'ClaudeUsageLinearExhaustion', ...WORK },
        { alertname: 'ClaudeUsageResetMoved', ...WORK },
        { alertname: 'ClaudeUsageProjectedExhaustion', account: 'work', window: 'five_hour' },
        threshold('95', 'critical', { account: 'home', window: 'seven_day' }),
      ]),
    ).toEqual(['BurnFast work', 'LinearExhaustion work', 'ProjectedExhaustion work', 'ThresholdReached work 95']);
  });

  test('the forecast mutes its second opinions', async () => {
    expect(
      await muted([
        { alertname: 'ClaudeUsageProjectedExhaustion', ...WORK },
        { alertname: 'ClaudeUsageLinearExhaustion', ...WORK },
        { alertname: 'ClaudeUsageLinearExhaustion', account: 'home', window: 'seven_day' },
      ]),
    ).toEqual(['LinearExhaustion work']);
  });

  test('several thresholds of one window are one alert: the most severe', async () => {
    expect(
      await muted([
        threshold('50', 'info'),
        threshold('80', 'warning'),
        threshold('95', 'critical'),
        threshold('50', 'info', { account: 'home', window: 'seven_day' }),
        threshold('50', 'info', { ...WORK, window_end: '1785337800' }),
      ]),
    ).toEqual(['ThresholdReached work 50', 'ThresholdReached work 80']);
  });

  test('a bridge that is down mutes its own alerts', async () => {
    expect(
      await muted([
        { alertname: 'AlertmanagerMatrixDown', job: 'bridge', instance: 'one' },
        { alertname: 'AlertmanagerMatrixDeliveryDelayed', job: 'bridge', instance: 'one', room: 'ops' },
        { alertname: 'AlertmanagerMatrixDeliveryDelayed', job: 'bridge', instance: 'two', room: 'ops' },
      ]),
    ).toEqual(['DeliveryDelayed one']);
  });
});

// The inhibition that kube-prometheus ships (manifests/alertmanager-secret.yaml).
const KUBE_PROMETHEUS = stringify({
  route: { receiver: 'none', group_wait: '1s' },
  receivers: [{ name: 'none' }],
  inhibit_rules: [
    {
      source_matchers: ['severity = critical'],
      target_matchers: ['severity =~ warning|info'],
      equal: ['namespace', 'alertname'],
    },
    {
      source_matchers: ['severity = warning'],
      target_matchers: ['severity = info'],
      equal: ['namespace', 'alertname'],
    },
    { source_matchers: ['alertname = InfoInhibitor'], target_matchers: ['severity = info'], equal: ['namespace'] },
  ],
});

describe("kube-prometheus' inhibition", () => {
  const muted = alertmanager('kube-prometheus', KUBE_PROMETHEUS);
  const [rules] = kubernetesFiles(DEFAULT_OPTIONS);

  test('leaves the alerts of the PrometheusRule alone, whichever account they are about', async () => {
    const { spec } = parse(rules?.text ?? '') as {
      spec: { groups: { rules: { alert?: string; labels?: Labels }[] }[] };
    };
    const alerts = spec.groups
      .flatMap((group) => group.rules)
      .filter(({ alert, labels }) => alert !== undefined && !labels?.severity?.includes('{{'))
      .map(({ alert = '', labels }) => ({ alertname: alert, ...labels, account: 'work' }));
    const namespace = 'claude-usage';
    expect(
      await muted([
        ...alerts,
        { alertname: 'InfoInhibitor', severity: 'none', namespace },
        threshold('95', 'page', { account: 'a', window: 'seven_day', namespace }),
        threshold('80', 'warning', { account: 'b', window: 'seven_day', namespace }),
        threshold('50', 'notice', { account: 'c', window: 'seven_day', namespace }),
      ]),
    ).toEqual([]);
  });

  test('would mute other accounts with the severities of the plain files', async () => {
    expect(
      await muted([
        threshold('95', 'critical', { account: 'a', window: 'seven_day' }),
        threshold('80', 'warning', { account: 'b', window: 'seven_day' }),
      ]),
    ).toEqual(['ThresholdReached b 80']);
  });
});
