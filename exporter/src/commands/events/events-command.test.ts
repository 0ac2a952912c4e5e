import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommandHere } from '../../../test/command-host.ts';
import { runEvents } from './events-command.ts';

const event = (rate_limit_info: object) => JSON.stringify({ type: 'rate_limit_event', rate_limit_info });
const FIVE_HOUR = event({ status: 'allowed', rateLimitType: 'five_hour', utilization: 0.57, resetsAt: 1_795_000_000 });
const SEVEN_DAY = event({ status: 'allowed', rateLimitType: 'seven_day', utilization: 0.3, resetsAt: 1_795_500_000 });

let directory: string;
let server: Server;
let url: string;
let reports: { account: string; rate_limits: object }[];
/** Delays the answers of the exporter. */
let answering: Promise<unknown>;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'events-'));
  reports = [];
  answering = Promise.resolve();
  server = createServer(async (request, response) => {
    reports.push(JSON.parse(await text(request)));
    await answering;
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

const run = (stdin: string | Readable, args = [`--url=${url}`], write?: (bytes: Uint8Array) => Promise<void>) =>
  runCommandHere(runEvents, {
    args: ['--account=work', ...args],
    stdin,
    env: { HOME: directory },
    ...(write ? { write } : {}),
  });

test('the input is copied byte for byte, and the events in it are reported', async () => {
  const bytes = Buffer.concat([Buffer.from(`{"type":"system"}\r\n${FIVE_HOUR}\nno JSON \xff\x00\n\n`, 'latin1')]);
  const stdin = Readable.from([bytes.subarray(0, 30), bytes.subarray(30, 31), bytes.subarray(31)]);
  expect(await run(stdin)).toEqual({ exitCode: 0, out: bytes.toString('latin1'), err: '' });
  expect(reports).toEqual([
    { account: 'work', rate_limits: { five_hour: { used_percentage: 57, resets_at: 1_795_000_000 } } },
  ]);
});

test('each chunk is written before anything else happens', async () => {
  const order: string[] = [];
  async function* chunks() {
    for (const chunk of ['first', ' second\n']) {
      order.push(`read ${chunk}`);
      yield Buffer.from(chunk);
    }
  }
  await run(Readable.from(chunks(), { highWaterMark: 1 }), undefined, async (bytes) => {
    order.push(`wrote ${Buffer.from(bytes)}`);
  });
  expect(order.indexOf('wrote first')).toBeLessThan(order.indexOf('wrote  second\n'));
  expect(order).toContain('wrote first');
});

test('a slow exporter does not slow the pipe, and sparse events are merged by window', async () => {
  const release = Promise.withResolvers<void>();
  answering = release.promise;
  let written = 0;
  const lines = [FIVE_HOUR, ...Array<string>(100).fill(SEVEN_DAY), FIVE_HOUR.replace('0.57', '0.58')];
  const { exitCode } = await run(Readable.from(lines.map((line) => Buffer.from(`${line}\n`))), undefined, async () => {
    written += 1;
    if (written === lines.length) release.resolve();
  });
  expect(exitCode).toBe(0);
  expect(reports.map(({ rate_limits }) => rate_limits)).toEqual([
    { five_hour: { used_percentage: 57, resets_at: 1_795_000_000 } },
    {
      five_hour: { used_percentage: 58, resets_at: 1_795_000_000 },
      seven_day: { used_percentage: 30, resets_at: 1_795_500_000 },
    },
  ]);
});

test('an exporter that is not there costs one line on standard error', async () => {
  const { exitCode, out, err } = await run(`${FIVE_HOUR}\n`.repeat(3), [`--storage.path=${directory}`]);
  expect([exitCode, out]).toEqual([0, `${FIVE_HOUR}\n`.repeat(3)]);
  expect(err).toBe(
    `claude-usage-exporter events: usage not reported: no exporter listens in ${directory}; start it, or check --storage.path\n`,
  );
});

test('the last line is read without its end, and a huge line is copied and skipped', async () => {
  const huge = `{"type":"assistant","text":"${'x'.repeat(300_000)} rate_limit_event"}\n`;
  expect((await run(huge + FIVE_HOUR)).out).toBe(huge + FIVE_HOUR);
  expect(reports).toHaveLength(1);
});

test('a closed output ends the command', async () => {
  const closed = () => Promise.reject(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  expect((await run(FIVE_HOUR, undefined, closed)).exitCode).toBe(1);
});

test('--account is needed', async () => {
  expect(await runCommandHere(runEvents, { args: [] })).toEqual({
    exitCode: 2,
    out: '',
    err: 'error: --account is missing; name an account of the configuration\n',
  });
});
