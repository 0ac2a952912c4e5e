import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BRIDGE_METRICS } from 'alertmanager-matrix-bridge/src/metrics.ts';
import { ACCOUNT_METRICS, TELEMETRY_METRICS, TRANSCRIPT_METRICS } from 'claude-usage-exporter/src/metrics/catalogue.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Server } from '../../deploy/local/process.ts';
import { startPrometheus } from '../../deploy/local/prometheus.ts';
import { dashboardFiles } from '../../grafana/src/dashboards.ts';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit?: string } };
  readonly targets: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
}

const DASHBOARDS = dashboardFiles().map(({ text }) => JSON.parse(text) as Dashboard);
const PANELS = DASHBOARDS.flatMap(({ title, panels }) => panels.map((panel) => ({ dashboard: title, ...panel })));
const CATALOGUES = { ...ACCOUNT_METRICS, ...TELEMETRY_METRICS, ...TRANSCRIPT_METRICS, ...BRIDGE_METRICS };

/** Metrics for rules, other tools and ad hoc questions, which no dashboard shows. */
const NOT_SHOWN = [
  'claude_usage_window_duration_seconds',
  'claude_usage_limit_active',
  'claude_usage_threshold_ratio',
  'claude_usage_extra_enabled',
  'claude_usage_source_disagreement_ratio',
  'claude_usage_statusline_last_timestamp_seconds',
  'claude_usage_poll_interval_seconds',
  'claude_usage_stale_after_seconds',
  'claude_usage_armed_timestamp_seconds',
  'claude_usage_blocked_until_timestamp_seconds',
  'claude_usage_config_last_reload_success_timestamp_seconds',
  'claude_transcript_thinking_tokens_total',
  'claude_transcript_web_searches_total',
  'claude_transcript_window_start_timestamp_seconds',
  'alertmanager_matrix_outbox_oldest_pending_seconds',
  'alertmanager_matrix_rate_limited_until_timestamp_seconds',
  'alertmanager_matrix_room_unsigned_devices',
  'alertmanager_matrix_crypto_commits_total',
  'alertmanager_matrix_crypto_records',
  'alertmanager_matrix_heartbeat_last_timestamp_seconds',
];

function metricsIn(expr: string): string[] {
  return (expr.match(/\b(?:claude|alertmanager)_[a-z_]+/g) ?? []).map((name) => name.replace(/_bucket$/, ''));
}

describe.each(DASHBOARDS)('$title', ({ uid, tags, panels }) => {
  test('has what provisioning and an import need', () => {
    expect(uid).toMatch(/^claude-usage-/);
    expect(tags).toEqual(['claude-usage']);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  test('has a title, a description and a unit on every panel', () => {
    for (const { title, description, fieldConfig } of panels) {
      expect(title).not.toBe('');
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig.defaults.unit, title).toBeTruthy();
    }
  });

  test('has no panels that overlap or leave the grid', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos }) => gridPos.x + gridPos.w <= 24)).toBe(true);
  });
});

test('every metric is shown or listed as not shown, and every query uses exported metrics', () => {
  const shown = new Set(PANELS.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr))));
  expect([...shown].filter((name) => !(name in CATALOGUES))).toEqual([]);
  expect(Object.keys(CATALOGUES).filter((name) => !shown.has(name))).toEqual(NOT_SHOWN);
});

describe('against a real Prometheus', () => {
  let directory: string;
  let page: HttpServer;
  let prometheus: Server;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dashboards-'));
    page = createServer((_, response) => response.end(exposition())).listen(0, '127.0.0.1');
    const configFile = join(directory, 'prometheus.yml');
    const target = () => `127.0.0.1:${(page.address() as AddressInfo).port}`;
    await new Promise((resolve) => page.once('listening', resolve));
    writeFileSync(
      configFile,
      stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s' },
        scrape_configs: [{ job_name: 'programs', static_configs: [{ targets: [target()] }] }],
      }),
    );
    prometheus = await startPrometheus({ directory, configFile });
    while ((await query('count_over_time(claude_usage_up[1m]) >= 4')).length === 0) await sleep(200);
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    page?.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function query(expr: string): Promise<unknown[]> {
    const response = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(expr)}`);
    const body = (await response.json()) as { data?: { result: unknown[] }; error?: string };
    if (!body.data) throw new Error(`${body.error}: ${expr}`);
    return body.data.result;
  }

  test.each(PANELS)('$dashboard: "$title" shows data', async ({ targets }) => {
    for (const { expr } of targets) expect(await query(filled(expr)), expr).not.toEqual([]);
  });
});

/** The query as Grafana sends it. */
function filled(expr: string): string {
  const values: Readonly<Record<string, string>> = {
    __rate_interval: '1m',
    __interval: '1m',
    __range: '1m',
    account: 'work',
    window: 'seven_day',
    host: '.*',
    project: '.*',
    room: '.*',
  };
  return expr.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? '');
}

const LABEL_VALUES: Readonly<Record<string, readonly string[]>> = {
  account: ['work'],
  window: ['five_hour', 'seven_day'],
  percentile: ['10', '50', '90'],
  type: ['input', 'cache_read'],
  method: ['default', 'linear_6h'],
};

let scrapes = 0;

/** A page with every metric of both programs; all values grow, and lie in the past if they are times. */
function exposition(): string {
  scrapes += 1;
  return Object.entries(CATALOGUES)
    .flatMap(([name, { type, labels }]) => {
      const sets = labelSets(labels);
      const future = Date.now() / 1000 + 3600;
      const value = name.endsWith('_timestamp_seconds') ? (/start|last/.test(name) ? future - 7200 : future) : 1;
      if (type === 'gauge') return sets.map((set) => `${name}{${set}} ${value}`);
      if (type === 'counter') return sets.map((set) => `${name}{${set}} ${scrapes}`);
      return sets.flatMap((set) =>
        ['0.5', '+Inf'].map((le) => `${name}_bucket{${set}${set && ','}le="${le}"} ${scrapes}`),
      );
    })
    .join('\n')
    .concat('\n');
}

function labelSets(labels: readonly string[]): string[] {
  return labels.reduce<string[]>(
    (sets, label) =>
      sets.flatMap((set) =>
        (LABEL_VALUES[label] ?? ['x']).map((value) => `${set}${set === '' ? '' : ','}${label}="${value}"`),
      ),
    [''],
  );
}
