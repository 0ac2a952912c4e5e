import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runStatusline } from './statusline-command.ts';

const INPUT = JSON.stringify({
  cwd: '/home/someone/secret-project',
  rate_limits: { five_hour: { used_percentage: 23.5, resets_at: 1 }, seven_day: { used_percentage: 41 } },
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'statusline-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function run(args: string[], stdin: Readable = Readable.from([Buffer.from(INPUT)]), env = {}) {
  const printed = { out: '', err: '' };
  const host = {
    args,
    env: { HOME: directory, ...env },
    stdin,
    nodeVersion: 'v24.0.0',
    platform: 'linux' as const,
    isTerminal: false,
    signals: { once() {}, on() {} },
    out: (output: string) => {
      printed.out += output;
    },
    err: (output: string) => {
      printed.err += output;
    },
  };
  return { exitCode: await runStatusline(host), ...printed };
}

test('prints the line though no exporter runs', async () => {
  expect(await run(['--account', 'work'])).toEqual({ exitCode: 0, out: '5h 24% · 7d 41%\n', err: '' });
});

test('prints a line though the input is none, or does not end', async () => {
  const line = { exitCode: 0, out: 'usage not known yet\n', err: '' };
  expect(await run(['--account', 'work'], Readable.from([Buffer.from('{"rate_limits": ')]))).toEqual(line);
  expect(await run(['--account', 'work'], new Readable({ read() {} }))).toEqual(line);
});

test('--url hands the numbers over by HTTP, with the token of a file and nothing else of the input', async () => {
  const requests: unknown[] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    requests.push([method, url, headers.authorization, JSON.parse(await text(request))]);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, 'from-file\n');
  await run(['--account=work', `--url=${url}`, `--token.file=${tokenFile}`]);
  await run(['--account=work', `--url=${url}`], undefined, { CLAUDE_USAGE_API_TOKEN: 'from-env' });
  const { rate_limits } = JSON.parse(INPUT);
  expect(requests).toEqual(
    ['Bearer from-file', 'Bearer from-env'].map((authorization) => [
      ...['POST', '/api/v1/statusline', authorization],
      { account: 'work', rate_limits },
    ]),
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a token file that is missing, or an exporter that is not there, costs the user nothing', async () => {
  const line = { exitCode: 0, out: '5h 24% · 7d 41%\n', err: '' };
  expect(await run(['--account=work', '--url=http://127.0.0.1:9', '--token.file=/nowhere'])).toEqual(line);
  expect(await run(['--account=work', '--url=http://127.0.0.1:9'])).toEqual(line);
});

const CLEAR_TEXT = '--url must be https, or http on a loopback address: a token in clear text is no secret';
test.each([
  [[], '--account is missing; it names an account of the configuration'],
  [['--account', 'work', '--url', 'http://example.org'], CLEAR_TEXT],
  [['--account', 'work', '--url', 'http://127.0.0.1.example.org'], CLEAR_TEXT],
  [['--account', 'work', '--url', 'nonsense'], CLEAR_TEXT],
  [['--account', 'work', '--colour'], "Unknown option '--colour'"],
])('%j is wrong usage: exit code 2 and nothing printed', async (args, sentence) => {
  const { exitCode, out, err } = await run(args);
  expect([exitCode, out]).toEqual([2, '']);
  expect(err).toMatch(/^error: .*\n$/);
  expect(err).toContain(sentence);
});

test('--help explains the set-up', async () => {
  const { exitCode, out } = await run(['--help']);
  expect(exitCode).toBe(0);
  expect(out).toContain(
    '"statusLine": {"type": "command", "command": "claude-usage-exporter statusline --account NAME"}',
  );
});
