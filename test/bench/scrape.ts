// `npm run bench:scrape`: how long /metrics takes, beside prom-client's rendering of the same series on request.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { availableParallelism, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseExposition } from './exposition-text.ts';

const SERVER = fileURLToPath(new URL('scrape-server.ts', import.meta.url));
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
/** Accounts, and pairs of scrapes. */
const RUNS = values.quick
  ? ([
      [10, 5],
      [100, 5],
    ] as const)
  : ([
      [10, 1000],
      [100, 1000],
      [1000, 200],
    ] as const);

interface Figures {
  readonly p50: number;
  readonly p99: number;
}

interface Run {
  readonly accounts: number;
  readonly bytes: number;
  readonly ours: Figures;
  readonly promClient: Figures;
}

const runs: Run[] = [];
for (const [accounts, pairs] of RUNS) runs.push(await measure(accounts, pairs));

console.log(`load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores; milliseconds at one connection`);
const columns = ['accounts', 'KiB', 'ours p50', 'p99', 'µs/account', 'prom-client p50', 'p99', 'µs/account'];
const rows = runs.map(({ accounts, bytes, ours, promClient }) => [
  String(accounts),
  (bytes / 1024).toFixed(0),
  ...[ours, promClient].flatMap(({ p50, p99 }) => [
    p50.toFixed(2),
    p99.toFixed(2),
    ((p50 / accounts) * 1000).toFixed(1),
  ]),
]);
for (const row of [columns, ...rows]) {
  console.log(row.map((cell, index) => cell.padStart(columns[index]?.length ?? 0)).join('  '));
}
const hundred = runs.find(({ accounts }) => accounts === 100);
if (hundred) {
  const ratio = hundred.promClient.p99 / hundred.ours.p99;
  console.log(`prom-client / ours at 100 accounts, p99: ${ratio.toFixed(1)}`);
}

/** Scrapes both in turn, so that what else the machine does meets both. */
async function measure(accounts: number, pairs: number): Promise<Run> {
  const server = spawn(process.execPath, [SERVER, String(accounts)], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
    const urls = JSON.parse(line) as { ours: string; promClient: string };
    const [scrapeOurs, scrapeTheirs] = [scraper(urls.ours), scraper(urls.promClient)];
    const bytes = checkSame((await scrapeOurs()).body, (await scrapeTheirs()).body, accounts);
    for (let warmUp = 0; warmUp < pairs / 10; warmUp += 1) await scrapeOurs().then(scrapeTheirs);
    const times = { ours: [] as number[], theirs: [] as number[] };
    for (let pair = 0; pair < pairs; pair += 1) {
      times.ours.push((await scrapeOurs()).ms);
      times.theirs.push((await scrapeTheirs()).ms);
    }
    return { accounts, bytes, ours: figures(times.ours), promClient: figures(times.theirs) };
  } finally {
    server.stdin.end();
    await once(server, 'exit');
  }
}

function scraper(url: string): () => Promise<{ ms: number; body: string }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return () =>
    new Promise((resolve, reject) => {
      const startedAt = performance.now();
      get(url, { agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ ms: performance.now() - startedAt, body: Buffer.concat(chunks).toString('utf8') }),
        );
      }).on('error', reject);
    });
}

/** Both must have the same series, and each account's must be there; returns the size of ours. */
function checkSame(ours: string, theirs: string, accounts: number): number {
  const seriesOf = (text: string) =>
    new Set(
      parseExposition(text)
        .flatMap(({ samples }) => samples)
        .filter(({ name }) => name.startsWith('claude_usage_'))
        .map(({ name, labels }) => `${name} ${JSON.stringify(Object.entries(labels).sort())}`),
    );
  const [here, there] = [seriesOf(ours), seriesOf(theirs)];
  const only = [
    ...[...here].filter((series) => !there.has(series)).map((series) => `only ours has ${series}`),
    ...[...there].filter((series) => !here.has(series)).map((series) => `only prom-client has ${series}`),
  ];
  if (only.length > 0) throw new Error(only.slice(0, 5).join('\n'));
  const present = [...here].filter((series) => series.startsWith('claude_usage_up '));
  if (present.length !== accounts) throw new Error(`of ${accounts} accounts, ${present.length} have been polled`);
  return Buffer.byteLength(ours);
}

function figures(times: number[]): Figures {
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
