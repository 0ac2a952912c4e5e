// The exporter with as many accounts as the argument says, which an API in this process answers. Prints its address when
// every account has been polled, and ends with its input.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createLogger } from '@repo/common/logger';
import { OPEN_WEB_CONFIG } from '@repo/common/web/web-config';
import { startExporter } from 'claude-usage-exporter/src/app.ts';
import { loadConfig } from 'claude-usage-exporter/src/config/config.ts';
import { WRITE_TOKEN } from './write-token.ts';

const BODY = readFileSync(new URL('../../deploy/local/usage-simulator/bodies/july-2026.json', import.meta.url), 'utf8');

const count = Number(process.argv[2]);
const accounts = Array.from({ length: count }, (_, index) => `account-${index}`);
const storagePath = mkdtempSync(join(tmpdir(), 'bench-scrape-'));
const config = loadConfig(
  JSON.stringify({
    accounts: accounts.map((name) => ({
      name,
      credentials: { access_token: 'bench-token' },
      endpoint: 'http://127.0.0.1:9',
    })),
    // Once, and then not before the end: what changes, changes when the benchmark says so.
    poll: { interval: '1d' },
    stale_after: '7d',
    api: { bearer_tokens: [WRITE_TOKEN] },
    thresholds: { weekly: [50, 80, 95], five_hour: [90] },
  }),
  'the benchmark',
  { directory: storagePath, env: {}, exists: () => false, platform: process.platform, version: '0.0.0' },
);
const service = await startExporter(
  config,
  {
    web: { addresses: [{ host: '127.0.0.1', port: 0 }], config: () => OPEN_WEB_CONFIG },
    storagePath,
    requestTimeoutMs: 5_000,
    runbookDirectory: '/none',
  },
  {
    // Within the windows of the captured body.
    now: () => Date.parse('2026-07-22T12:00:00Z') + Math.round(performance.now()),
    random: Math.random,
    createFetch: () => Object.assign(async () => new Response(BODY), { async [Symbol.asyncDispose]() {} }),
    readConfig: () => config,
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
    nodeVersion: process.version,
    platform: process.platform,
    env: {},
    logger: createLogger({ level: 'error', format: 'json', write: (line) => process.stderr.write(line) }),
  },
);
while ((await fetch(`${service.url}/-/ready`)).status !== 200) await setTimeout(20);
// Forecasts come a moment after the polls, account by account.
while ((await accountsWithForecast()) < count) await setTimeout(100);
console.log(service.url);

async function accountsWithForecast(): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return new Set(text.match(/^claude_usage_predicted_exhaustion_timestamp_seconds\{account="[^"]+"/gm)).size;
}

process.stdin.resume().on('end', async () => {
  await service.stop();
  rmSync(storagePath, { recursive: true });
  process.exit(0);
});
