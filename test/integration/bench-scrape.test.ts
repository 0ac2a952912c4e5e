import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BENCH = fileURLToPath(new URL('../bench/scrape.ts', import.meta.url));

test('the scrape benchmark finds the same series on both sides, and closes with the ratio', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BENCH, '--quick'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.slice(2, -1).map((line) => line.trim().split(/\s+/)[0])).toEqual(['10', '100']);
  expect(lines.at(-1)).toMatch(/^prom-client \/ ours at 100 accounts, p99: \d+\.\d$/);
});
