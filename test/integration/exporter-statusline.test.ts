import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runExporterCommand } from './exporter-command.ts';
import { readMetrics, readSeries, startExporterProcess } from './exporter-process.ts';

const HOUR = 3600;

let directory: string;
let running: AsyncDisposableStack;
beforeEach(() => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'statusline-'));
  running.defer(() => rmSync(directory, { recursive: true }));
});
afterEach(() => running.disposeAsync());

async function start(more = '') {
  const exporter = await startExporterProcess(
    directory,
    `accounts: [{name: told, credentials: {none: true}}]\n${more}`,
  );
  running.defer(() => exporter.stop());
  return exporter;
}

/** The JSON that Claude Code passes to a status line, reduced to what matters here. */
function input(fiveHour: number): string {
  const now = Math.floor(Date.now() / 1000);
  return JSON.stringify({
    session_id: 'planted-session',
    workspace: { current_dir: '/home/someone/planted-project' },
    rate_limits: {
      five_hour: { used_percentage: fiveHour, resets_at: now + 2 * HOUR },
      seven_day: { used_percentage: 41.2, resets_at: now + 72 * HOUR },
    },
  });
}

const statusline = (text: string, ...args: string[]) =>
  runExporterCommand(['statusline', '--account', 'told', '--storage.path', join(directory, 'data'), ...args], text);

const FIVE_HOURS = 'claude_usage_utilization_ratio{account="told",window="five_hour"}';

test('an account uses status lines alone, and a SIGKILL costs neither the numbers nor the socket', async () => {
  const exporter = await start();
  expect((await fetch(`${exporter.url}/-/ready`)).status).toBe(200);
  const { exitCode, out, err } = await statusline(input(23.5));
  expect([exitCode, err]).toEqual([0, '']);
  expect(out).toMatch(/^5h 24% until \d\d:\d\d · 7d 41% until [A-Z][a-z]{2} \d\d:\d\d\n$/);
  expect(await readSeries(exporter, FIVE_HOURS)).toBe(0.235);
  expect(await readSeries(exporter, 'claude_usage_source{account="told",source="statusline"}')).toBe(1);
  expect(statSync(join(directory, 'data', 'statusline.sock')).mode & 0o777).toBe(0o600);

  await exporter.kill();
  expect((await statusline(input(24))).exitCode).toBe(0);
  await exporter.start();
  expect(await readSeries(exporter, FIVE_HOURS)).toBe(0.235);
  await statusline(input(25));
  expect(await readSeries(exporter, FIVE_HOURS)).toBe(0.25);

  const shown = await runExporterCommand([
    'once',
    ...['--config.file', join(directory, 'config.yaml'), '--storage.path', join(directory, 'data')],
  ]);
  expect(shown.exitCode).toBe(0);
  expect(shown.out).toMatch(/\ntold {5}five_hour +25% .* statusline +\ds\n/);
  const told = (await readMetrics(exporter)) + exporter.log() + (await (await fetch(exporter.url)).text());
  expect(told).not.toContain('planted');
});

test('the numbers come by HTTP with a token of the API, and without it the line is printed all the same', async () => {
  const exporter = await start('api: {bearer_tokens: [planted-token]}');
  const viaHttp = (token: string) => {
    process.env.CLAUDE_USAGE_API_TOKEN = token;
    running.defer(() => void delete process.env.CLAUDE_USAGE_API_TOKEN);
    return statusline(input(30), '--url', exporter.url);
  };
  expect(await viaHttp('wrong')).toMatchObject({
    exitCode: 0,
    err: expect.stringContaining('usage not reported: the exporter answers with status 401: '),
  });
  expect(await readSeries(exporter, FIVE_HOURS)).toBeUndefined();
  expect(await viaHttp('planted-token')).toMatchObject({ exitCode: 0, err: '' });
  expect(await readSeries(exporter, FIVE_HOURS)).toBe(0.3);
});

test('an account that is not configured is refused, which the log of the exporter tells once', async () => {
  const exporter = await start();
  for (let i = 0; i < 2; i += 1) {
    const args = ['statusline', '--account', 'other', '--storage.path', join(directory, 'data')];
    expect(await runExporterCommand(args, input(50))).toMatchObject({
      exitCode: 0,
      err: 'claude-usage-exporter statusline: usage not reported: account is not configured; the accounts are told\n',
    });
  }
  const refusals = exporter.log().match(/level=warn msg="invalid status line" reason=.*/g);
  expect(refusals).toEqual([
    'level=warn msg="invalid status line" reason="account is not configured; the accounts are told"',
  ]);
});
