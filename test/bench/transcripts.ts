// `npm run bench:transcripts -- DIRECTORY`: how long a scan of transcripts takes, beside ccusage in the same run. The
// directory is a configuration directory of Claude Code; build first. ccusage is a development dependency, pinned.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const [directory] = positionals;
if (!directory) throw new Error('name a configuration directory with transcripts');
const PROGRAM = fileURLToPath(new URL('../../exporter/dist/main.js', import.meta.url));

interface Figures {
  readonly wall: number;
  readonly cpu: number;
  readonly mebibytes: number;
}

const state = mkdtempSync(join(tmpdir(), 'bench-transcripts-'));
try {
  const ours: Figures[] = [];
  const peers: Figures[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    ours.push(measure(process.execPath, [PROGRAM, 'transcripts', '--json', directory]));
    peers.push(measure(peer(), ['claude', 'daily', '--json', '--offline']));
  }
  const [own, other] = [median(ours), median(peers)];
  console.log(
    `load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores, medians of ${values.rounds} rounds`,
  );
  console.log('                 wall s   CPU s   MiB');
  console.log(`ours           ${cells(own)}`);
  console.log(`ccusage        ${cells(other)}`);
  console.log(
    `ccusage / ours ${cells({ wall: other.wall / own.wall, cpu: other.cpu / own.cpu, mebibytes: other.mebibytes / own.mebibytes })}`,
  );
} finally {
  rmSync(state, { recursive: true });
}

function measure(command: string, args: readonly string[]): Figures {
  const env = { ...process.env, CLAUDE_CONFIG_DIR: directory, XDG_CONFIG_HOME: state, XDG_STATE_HOME: state };
  const format = ['-f', '%e %U %S %M'];
  const { stderr, status } = spawnSync('/usr/bin/time', [...format, command, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  const [wall = 0, user = 0, system = 0, kilobytes = 0] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return { wall, cpu: user + system, mebibytes: kilobytes / 1024 };
}

function median(figures: readonly Figures[]): Figures {
  const middle = (value: (figure: Figures) => number) =>
    figures.map(value).toSorted((a, b) => a - b)[figures.length >> 1] ?? Number.NaN;
  return { wall: middle(({ wall }) => wall), cpu: middle(({ cpu }) => cpu), mebibytes: middle((f) => f.mebibytes) };
}

function cells({ wall, cpu, mebibytes }: Figures): string {
  return [wall.toFixed(2), cpu.toFixed(2), mebibytes.toFixed(mebibytes < 10 ? 2 : 0)]
    .map((cell) => cell.padStart(8))
    .join('');
}

/** The native program, because its launcher adds the start of a Node. npm without scripts leaves it not executable. */
function peer(): string {
  const manifest = createRequire(import.meta.url).resolve('@ccusage/ccusage-linux-x64/package.json');
  const binary = join(dirname(manifest), 'bin', 'ccusage');
  chmodSync(binary, 0o755);
  return binary;
}
