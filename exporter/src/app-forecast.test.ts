import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BODY, bootExporter } from '../test/boot-exporter.ts';
import { openHistory } from './history/history.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
const NOW = Date.parse('2026-07-22T12:00:00Z');
const week = JSON.parse(BODY).seven_day as { utilization: number; resets_at: string };

let storagePath: string;
beforeEach(() => {
  storagePath = mkdtempSync(join(tmpdir(), 'app-forecast-'));
});
afterEach(() => rmSync(storagePath, { recursive: true }));

/** Three weeks that ran out, then the present one, with a sample an hour. */
function recordPast(): void {
  using history = openHistory(join(storagePath, 'history.sqlite'), NOW - 4 * WEEK_MS);
  const resetsAt = Date.parse(week.resets_at);
  const samples = [-3, -2, -1, 0].flatMap((number) => {
    const reset = resetsAt + number * WEEK_MS;
    return Array.from({ length: 168 }, (_, hour) => ({
      window: 'seven_day',
      at: reset - WEEK_MS + hour * HOUR_MS,
      percent: number < 0 ? Math.min(100, hour) : Math.min(week.utilization, hour),
      resetsAt: reset,
    }));
  });
  history.importSamples(
    'work',
    samples.filter(({ at }) => at < NOW),
  );
}

async function withForecast(look: (get: (path: string) => Promise<string>) => Promise<void>): Promise<void> {
  const { get, ready, stop } = await bootExporter({ storagePath, answer: () => new Response(BODY) });
  await ready();
  await vi.waitFor(async () => expect((await get('/metrics')).text).toContain('exhaustion_probability{'), 30_000);
  await look(async (path) => (await get(path)).text);
  await stop();
}

const grades = (metrics: string) => metrics.match(/^claude_usage_forecast_outcomes_total.* [1-9].*$/gm);

test('the recorded past becomes a forecast and grades, which a restart keeps', async () => {
  recordPast();
  let before: string[] | null = null;
  await withForecast(async (get) => {
    const metrics = await get('/metrics');
    expect(metrics).toMatch(
      /\nclaude_usage_predicted_exhaustion_probability\{account="work",window="seven_day"\} 0\.\d+\n/,
    );
    expect(metrics).toMatch(
      /\nclaude_usage_predicted_exhaustion_timestamp_seconds\{account="work",window="seven_day",method="default"\} /,
    );
    expect(metrics).toContain(
      'claude_usage_forecast_unknown{account="work",window="seven_day_fable",reason="too_early"} 1',
    );
    before = grades(metrics);
    expect(before).toContain(
      'claude_usage_forecast_outcomes_total{account="work",window="seven_day",method="window_average",outcome="hit"} 3',
    );
    const [account] = JSON.parse(await get('/api/v1/forecast')).accounts;
    expect(account.windows.map(({ window }: { window: string }) => window)).toContain('seven_day');
    expect(await get('/')).toContain('<section class="forecast">');
  });
  await withForecast(async (get) => expect(grades(await get('/metrics'))).toEqual(before));
});
