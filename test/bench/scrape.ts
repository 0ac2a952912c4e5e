// `npm run bench:scrape`: how long /metrics takes when an account has changed since the last scrape, beside prom-client's
// rendering of the same series on request, and beside an answer of nothing, which shows what the machine adds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseExposition } from './exposition-text.ts';
import { LeanClient } from './lean-client.ts';
import { WRITE_TOKEN } from './write-token.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
/** Accounts, and rounds of scrapes. */
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
  /** The same once more, when nothing has changed. */
  readonly unchanged: Figures;
  readonly promClient: Figures;
  readonly nothing: Figures;
}

const runs: Run[] = [];
for (const [accounts, rounds] of RUNS) runs.push(await measure(accounts, rounds));

console.log(`load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores; milliseconds at one connection`);
const columns = [
  'accounts',
  'KiB',
  'nothing p50',
  'p99',
  'unchanged p50',
  'p99',
  'ours p50',
  'p99',
  'µs/account',
  'prom-client p50',
  'p99',
  'µs/account',
];
const rows = runs.map(({ accounts, bytes, ours, unchanged, promClient, nothing }) => [
  String(accounts),
  (bytes / 1024).toFixed(0),
  nothing.p50.toFixed(2),
  nothing.p99.toFixed(2),
  unchanged.p50.toFixed(2),
  unchanged.p99.toFixed(2),
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

/** Scrapes all in turn, so that what else the machine does meets all. */
async function measure(accounts: number, rounds: number): Promise<Run> {
  await using running = new AsyncDisposableStack();
  const start = async (program: string, argument: string): Promise<string> => {
    // One process each, because one's garbage would be collected in the other's time.
    const file = fileURLToPath(new URL(program, import.meta.url));
    const server = spawn(process.execPath, [file, argument], { stdio: ['pipe', 'pipe', 'inherit'] });
    running.defer(async () => {
      server.stdin.end();
      await once(server, 'exit');
    });
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
    return line;
  };
  const url = await start('scrape-server.ts', String(accounts));
  const promClient = await start('prom-client-server.ts', url);
  const scrape = {
    nothing: running.use(new LeanClient(`${url}/-/healthy`)),
    ours: running.use(new LeanClient(`${url}/metrics`)),
    unchanged: running.use(new LeanClient(`${url}/metrics`)),
    promClient: running.use(new LeanClient(`${promClient}/metrics`)),
  };
  const bytes = checkSame(await textOf(`${url}/metrics`), await textOf(`${promClient}/metrics`), accounts);
  const times = {
    nothing: [] as number[],
    ours: [] as number[],
    unchanged: [] as number[],
    promClient: [] as number[],
  };
  const warmUps = Math.ceil(rounds / 10);
  for (let round = 0; round < warmUps + rounds; round += 1) {
    await change(`${url}/api/v1/accounts/account-${round % accounts}/gate/caps`, 1 + (round % 100));
    for (const side of ['nothing', 'ours', 'unchanged', 'promClient'] as const) {
      const ms = await scrape[side].time();
      if (round >= warmUps) times[side].push(ms);
    }
  }
  return {
    accounts,
    bytes,
    nothing: figures(times.nothing),
    ours: figures(times.ours),
    unchanged: figures(times.unchanged),
    promClient: figures(times.promClient),
  };
}

/** Changes what /metrics says of one account. */
async function change(url: string, session_pct: number): Promise<void> {
  const headers = { authorization: `Bearer ${WRITE_TOKEN}` };
  const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ session_pct, week_pct: null }) });
  if (response.status !== 200) throw new Error(`PUT ${url} is answered with ${response.status}`);
  await response.arrayBuffer();
}

async function textOf(url: string): Promise<string> {
  return await (await fetch(url)).text();
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
