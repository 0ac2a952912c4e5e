// `npm run bench:rules`: how long a round of the rules takes for 100 accounts with five windows and five thresholds each,
// beside the rules of before, in one run: two Prometheus servers with hours of recorded history scrape the same page.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { startPrometheus } from '../../../deploy/local/prometheus.ts';
import { type History, historyBefore, historyNow, scrapedLines } from './world.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '6' }, slowest: { type: 'boolean', default: false } },
});
const INTERVAL_SECONDS = 15;
const rounds = Number(values.rounds);
interface RuleSet {
  readonly name: string;
  readonly files: readonly string[];
  readonly historyOf: (resetsAt: number, step: number) => readonly History[];
}

const RULES = fileURLToPath(new URL('../../../rules/', import.meta.url));
const SETS: readonly RuleSet[] = [
  // What scraping and storing cost without any rule.
  { name: 'nothing', files: [], historyOf: () => [] },
  {
    name: 'before',
    files: [fileURLToPath(new URL('baseline.yml', import.meta.url))],
    historyOf: historyBefore,
  },
  { name: 'now', files: [join(RULES, 'recording.yml'), join(RULES, 'alerts/*.yml')], historyOf: historyNow },
];

const resetsAt = Math.ceil(Date.now() / 60_000) * 60 + 4 * 3600;
const directory = mkdtempSync(join(tmpdir(), 'bench-rules-'));
const page = scrapedLines(resetsAt)
  .map(([series, value]) => `${series} ${value}\n`)
  .join('');
const target = createServer((_, response) => response.end(page)).listen(0, '127.0.0.1');
await once(target, 'listening');

try {
  const servers = [];
  for (const set of SETS) servers.push({ ...set, server: await start(set) });
  console.log(`evaluating; the figures come after ${rounds + 2} rounds of ${INTERVAL_SECONDS} s`);
  await sleep(2 * INTERVAL_SECONDS * 1000);
  const atStart = await Promise.all(servers.map(({ server }) => cpuSeconds(server.url)));
  const walls = servers.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    await sleep(INTERVAL_SECONDS * 1000);
    for (const [index, { server }] of servers.entries()) walls[index]?.push(await roundSeconds(server.url));
  }
  const atEnd = await Promise.all(servers.map(({ server }) => cpuSeconds(server.url)));
  const cpu = atEnd.map((seconds, index) => (seconds - (atStart[index] ?? 0)) / rounds);
  for (const [index, { name, server }] of servers.entries()) {
    console.log(
      `${name.padEnd(7)} ${median(walls[index] ?? []).toFixed(2)} s a round (median), ${cpu[index]?.toFixed(2)} s of CPU, ${await countAlerts(server.url)} alerts`,
    );
  }
  const [nothing = 0, before = 0, now = 0] = cpu;
  console.log(
    `now / before: ${((now - nothing) / (before - nothing)).toFixed(2)} of the CPU time of the rules, load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`,
  );
  if (values.slowest) for (const { name, server } of servers) await printSlowest(name, server.url);
  for (const { server } of servers) await server.stop();
} finally {
  target.close();
  rmSync(directory, { recursive: true, force: true });
}

async function start({ name, files, historyOf }: RuleSet) {
  const home = join(directory, name);
  mkdirSync(join(home, 'data'), { recursive: true });
  const histories = historyOf(resetsAt, INTERVAL_SECONDS);
  if (histories.length > 0) createBlocks(home, histories);
  const configFile = join(home, 'prometheus.yml');
  writeFileSync(
    configFile,
    stringify({
      global: { scrape_interval: `${INTERVAL_SECONDS}s`, evaluation_interval: `${INTERVAL_SECONDS}s` },
      rule_files: files,
      scrape_configs: [
        {
          job_name: 'claude-usage',
          static_configs: [{ targets: [`127.0.0.1:${(target.address() as AddressInfo).port}`] }],
        },
      ],
    }),
  );
  return startPrometheus({ directory: home, configFile });
}

function createBlocks(home: string, histories: readonly History[]): void {
  const history = join(home, 'history.txt');
  writeHistory(history, histories);
  execFileSync('promtool', [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    '--quiet',
    '--max-block-duration=48h',
    history,
    join(home, 'data'),
  ]);
  rmSync(history);
}

/** The text form that promtool makes blocks of. */
function writeHistory(file: string, histories: readonly History[]): void {
  const now = Math.floor(Date.now() / 1000);
  const output = openSync(file, 'w');
  for (const { lines, seconds, step } of histories) {
    const times: string[] = [];
    for (let time = now - seconds; time < now; time += step) times.push(` ${time}\n`);
    for (const [series, value] of lines) writeSync(output, times.map((time) => `${series} ${value}${time}`).join(''));
  }
  writeSync(output, '# EOF\n');
  closeSync(output);
}

interface Group {
  readonly evaluationTime: number;
  readonly rules: readonly { readonly name: string; readonly evaluationTime: number; readonly lastError?: string }[];
}

async function groupsOf(url: string): Promise<readonly Group[]> {
  const { data } = (await (await fetch(`${url}/api/v1/rules`)).json()) as { data: { groups: readonly Group[] } };
  return data.groups;
}

async function roundSeconds(url: string): Promise<number> {
  const groups = await groupsOf(url);
  const errors = groups.flatMap(({ rules }) => rules.flatMap(({ lastError }) => (lastError ? [lastError] : [])));
  if (errors.length > 0) throw new Error(`The rules fail: ${errors.join('; ')}`);
  return groups.reduce((sum, { evaluationTime }) => sum + evaluationTime, 0);
}

async function printSlowest(name: string, url: string): Promise<void> {
  const rules = (await groupsOf(url)).flatMap((group) => group.rules);
  console.log(`slowest rules ${name}:`);
  for (const rule of rules.sort((a, b) => b.evaluationTime - a.evaluationTime).slice(0, 12)) {
    console.log(`  ${rule.evaluationTime.toFixed(3)} s  ${rule.name}`);
  }
}

/** CPU time is what a busy machine distorts least; scraping the page is in it for both. */
async function cpuSeconds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}

async function countAlerts(url: string): Promise<number> {
  const { data } = (await (await fetch(`${url}/api/v1/alerts`)).json()) as { data: { alerts: unknown[] } };
  return data.alerts.length;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
