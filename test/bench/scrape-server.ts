// The exporter with as many accounts as the argument says, which an API in this process answers, and beside it
// prom-client with the same series. Prints both addresses when every account has been polled; ends with its input.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createLogger } from '@repo/common/logger';
import { OPEN_WEB_CONFIG } from '@repo/common/web/web-config';
import { startExporter } from 'claude-usage-exporter/src/app.ts';
import { loadConfig } from 'claude-usage-exporter/src/config.ts';
import { parseExposition } from './exposition-text.ts';
import { startPromClientServer } from './prom-client-server.ts';

/** As many of a thousand accounts are polled a second, with an interval of five minutes. */
const POLLS_A_SECOND = 3;
const BODY = readFileSync(new URL('../fixtures/usage/july-2026.json', import.meta.url), 'utf8');

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
    poll: { interval: `${Math.ceil(count / POLLS_A_SECOND)}s` },
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
  },
  {
    now: Date.now,
    random: Math.random,
    createFetch: () => async () => new Response(BODY),
    readConfig: () => config,
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
    nodeVersion: process.version,
    platform: process.platform,
    env: {},
    logger: createLogger({ level: 'error', format: 'json', write: (line) => process.stderr.write(line) }),
  },
);
while ((await fetch(`${service.url}/-/ready`)).status !== 200) await setTimeout(20);
const ours = `${service.url}/metrics`;
const promClient = await startPromClientServer(parseExposition(await (await fetch(ours)).text()));
console.log(JSON.stringify({ ours, promClient }));

process.stdin.resume().on('end', async () => {
  await service.stop();
  rmSync(storagePath, { recursive: true });
  process.exit(0);
});
