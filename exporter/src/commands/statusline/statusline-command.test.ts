import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createAuthority, type Issued } from '@repo/common/test/certificates';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommandHere } from '../../../test/command-host.ts';
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

const run = (args: string[], stdin: string | Readable = INPUT, env = {}) =>
  runCommandHere(runStatusline, { args, stdin, env: { HOME: directory, ...env } });
const NOT_REPORTED = 'claude-usage-exporter statusline: usage not reported: ';

test('prints the line if no exporter runs, and says so', async () => {
  const state = join(directory, '.local/state/claude-usage-exporter');
  expect(await run(['--account', 'work'])).toEqual({
    exitCode: 0,
    out: '7d 41%\n',
    err: `${NOT_REPORTED}no exporter listens in ${state}; start it, or check --storage.path\n`,
  });
});

test('a percentage that is a time is neither shown nor reported, and the other window is', async () => {
  const rate_limits = { five_hour: { used_percentage: 1_795_875_101 }, seven_day: { used_percentage: 41 } };
  expect((await run(['--account', 'work'], JSON.stringify({ rate_limits }))).out).toBe('7d 41%\n');
});

test('a byte order mark before the input is skipped', async () => {
  expect((await run(['--account', 'work'], `\ufeff${INPUT}`)).out).toBe('7d 41%\n');
});

test('prints a line if the input is not JSON, or does not end', async () => {
  const line = { exitCode: 0, out: 'usage not known yet\n', err: '' };
  expect(await run(['--account', 'work'], Readable.from([Buffer.from('{"rate_limits": ')]))).toEqual(line);
  expect(await run(['--account', 'work'], new Readable({ read() {} }))).toEqual(line);
});

test('--url reports the numbers by HTTP, with the token of a file and nothing else of the input', async () => {
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

test.each([
  [['--url=http://127.0.0.1:9', '--token.file=/nowhere'], "ENOENT: no such file or directory, open '/nowhere'"],
  [['--url=http://127.0.0.1:9'], 'the server cannot be reached'],
  [['--url=http://127.0.0.1:9', '--ca.file=/nowhere'], 'must be a readable file of certificates in PEM'],
])('%j costs the user nothing but a line on standard error', async (args, sentence) => {
  const { exitCode, out, err } = await run(['--account=work', ...args]);
  expect([exitCode, out]).toEqual([0, '7d 41%\n']);
  expect(err.split('\n')).toHaveLength(2);
  expect(err).toContain(NOT_REPORTED);
  expect(err).toContain(sentence);
});

describe('--url to a server with TLS', () => {
  let issued: Issued;
  let server: HttpsServer;
  let url: string;
  let reports: number;
  beforeEach(async () => {
    issued = createAuthority(directory).issue('server', 'IP:127.0.0.1');
    reports = 0;
    server = createHttpsServer({ cert: readFileSync(issued.certFile), key: readFileSync(issued.keyFile) });
    server.on('request', (_request, response) => {
      reports += 1;
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `--url=https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('is verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { err } = await run(['--account=work', url]).finally(() => vi.unstubAllEnvs());
    expect(err).toContain("the server's certificate is not trusted");
    expect(reports).toBe(0);
  });

  test('trusts --ca.file, and http.ca_file of the configuration', async () => {
    const caFile = join(directory, 'ca.pem');
    expect(await run(['--account=work', url, `--ca.file=${caFile}`])).toMatchObject({ err: '' });
    writeFileSync(join(directory, 'config.yaml'), 'http: {ca_file: ca.pem}\npoll: {interval: 5m}\n');
    const env = { CLAUDE_USAGE_CONFIG: join(directory, 'config.yaml') };
    expect(await run(['--account=work', url], undefined, env)).toMatchObject({ err: '' });
    expect(reports).toBe(2);
  });

  test('uses the proxy of the environment', async () => {
    const env = { HTTPS_PROXY: 'http://127.0.0.1:9' };
    const { err } = await run(['--account=work', '--url=https://exporter.example'], undefined, env);
    expect(err).toContain('the server cannot be reached (ECONNREFUSED)');
  });
});

test('the reason of a rejection is on standard error', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(400).end('{"title": "Bad request", "detail": "account is not configured; there are home"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { err } = await run(['--account=work', `--url=http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  expect(err).toBe(`${NOT_REPORTED}the exporter answers with status 400: account is not configured; there are home\n`);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const CLEAR_TEXT = '--url must be https, or http on a loopback address, because the token would be sent in clear text';
test.each([
  [[], '--account is missing; name an account of the configuration'],
  [['--account', 'work', '--url', 'http://example.org'], CLEAR_TEXT],
  [['--account', 'work', '--url', 'http://127.0.0.1.example.org'], CLEAR_TEXT],
  [['--account', 'work', '--url', 'nonsense'], CLEAR_TEXT],
  [
    ['--account', 'work', '--url', 'https://me:pass@example.org'],
    '--url must not contain a password; use --token.file',
  ],
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
