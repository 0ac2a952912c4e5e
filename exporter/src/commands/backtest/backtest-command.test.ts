import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../history/history.ts';
import { runBacktest } from './backtest-command.ts';

const HOUR = 3600;
const START = Date.parse('2026-01-05T00:00:00Z') / 1000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'backtest-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Weeks of a sample an hour; every second one runs out on its Friday, the others stop at 60 %. */
const rows = Array.from({ length: 8 * 168 }, (_, hour) => {
  const week = Math.floor(hour / 168);
  const percent = Math.min(week % 2 === 0 ? 100 : 60, hour % 168);
  return [START + hour * HOUR, percent, START + (week + 1) * 168 * HOUR] as const;
});
const csv = ['time,utilization,resets_at', ...rows].join('\n');

async function run(args: readonly string[], stdin = '') {
  const printed = { out: '', err: '' };
  const exitCode = await runBacktest({
    args: ['--storage.path', directory, ...args],
    env: { HOME: directory },
    stdin: Readable.from([Buffer.from(stdin)]),
    nodeVersion: 'v24.0.0',
    platform: 'linux',
    isTerminal: false,
    write: async () => {},
    signals: { once() {}, on() {} },
    out: (output) => {
      printed.out += output;
    },
    err: (output) => {
      printed.err += output;
    },
  });
  return { exitCode, ...printed };
}

describe('sample files', () => {
  test('are graded per method, from standard input or with gzip', async () => {
    const { exitCode, out, err } = await run(['-'], csv);
    expect([exitCode, err]).toEqual([0, '']);
    const [title, head, ...lines] = out.trimEnd().split('\n');
    expect([title, head]).toEqual(['-', expect.stringMatching(/^METHOD +WINDOWS +BRIER +FALSE ALARMS +MISSED +LEAD/)]);
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'default',
      'linear_6h',
      'window_average',
      expect.stringMatching(/^Use (default|linear_6h|window_average): /),
    ]);
    expect(lines[2]).toMatch(/^window_average +8 +0\.\d{3} ± 0\.\d{3} +100 ± 0 % +0 ± 0 % +87\.0 h +0\.0 h/);
    const file = join(directory, 'samples.csv.gz');
    writeFileSync(file, gzipSync(csv));
    expect((await run([file])).out).toBe(out.replace(/^-/, file));
  });

  test('are reported as JSON', async () => {
    const [series] = JSON.parse((await run(['--format=json', '-'], csv)).out);
    expect(series.series).toBe('-');
    expect(series.scores[2]).toMatchObject({ method: 'window_average', windows: 8, missed: { share: 0, error: 0 } });
  });

  test('with too few windows give no advice', async () => {
    const { out } = await run(['-'], csv.split('\n').slice(0, 400).join('\n'));
    expect(out).toContain('Use default: there are too few windows to tell the methods apart.');
  });

  test('that do not exist are an error', async () => {
    expect(await run([join(directory, 'none.csv')])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('ENOENT'),
    });
  });
});

test('without files, the history of each account and window is graded', async () => {
  expect((await run([])).out).toBe('The history has no samples yet.\n');
  {
    using history = openHistory(join(directory, 'history.sqlite'), START * 1000);
    const samples = rows.map(([time, percent, resetsAt]) => ({
      window: 'seven_day_opus',
      at: time * 1000,
      percent,
      resetsAt: resetsAt * 1000,
    }));
    history.importSamples('default', samples);
  }
  const { out } = await run([]);
  expect(out).toMatch(/^default seven_day_opus\n/);
  expect(out.split('\n').slice(1)).toEqual((await run(['-'], csv)).out.split('\n').slice(1));
});
