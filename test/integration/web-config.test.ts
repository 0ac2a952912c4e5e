import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createAuthority, type TestAuthority } from '@repo/common/test/certificates';
import { request } from '@repo/common/test/request';
import { hashSync } from 'bcryptjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startPrometheus } from '../../deploy/local/prometheus.ts';
import { EXPORTER_MAIN } from './exporter-process.ts';
import { startProgram } from './program-process.ts';

const BRIDGE_MAIN = fileURLToPath(new URL('../../bridge/src/main.ts', import.meta.url));
const USAGE = readFileSync(
  new URL('../../deploy/local/usage-simulator/bodies/july-2026.json', import.meta.url),
  'utf8',
);
const USERS = `basic_auth_users: {prometheus: "${hashSync('scrape-password', 5)}"}`;
const PASSWORD = { auth: 'prometheus:scrape-password' };

let directory: string;
let authority: TestAuthority;
let running: AsyncDisposableStack;
beforeEach(() => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'web-config-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  authority = createAuthority(directory);
  authority.issue('server', 'IP:127.0.0.1');
  authority.issue('client', 'DNS:prometheus.example');
});
afterEach(() => running.disposeAsync());

function write(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

const start = async (main: string, config: string, ...flags: string[]) =>
  running.use(
    await startProgram(
      main,
      [
        ...['--config.file', write('config.yaml', config), '--storage.path', join(directory, 'data')],
        ...['--web.listen-address=127.0.0.1:0', ...flags],
      ],
      { HOME: directory },
    ),
  );

describe('promtool accepts what we accept', () => {
  const CERTIFICATE = 'cert_file: server.pem, key_file: server.key';
  test.each([
    ['users alone', USERS],
    [
      'TLS and headers',
      `tls_server_config: {${CERTIFICATE}}\nhttp_server_config: {http2: false, headers: {X-Frame-Options: deny}}`,
    ],
    [
      'every key',
      `tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS12
  max_version: TLS13
  prefer_server_cipher_suites: true
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  curve_preferences: [CurveP256, X25519]
${USERS}`,
    ],
  ])('%s', (_, text) => {
    const file = write('web.yml', text);
    const ours = spawnSync(process.execPath, [EXPORTER_MAIN, '--config.check', '--web.config.file', file], {
      env: { HOME: directory },
      encoding: 'utf8',
    });
    expect(ours.stderr).toBe('');
    expect(ours.stdout).toContain(`${file} is valid\n`);
    const theirs = spawnSync('promtool', ['check', 'web-config', file], { encoding: 'utf8' });
    if (theirs.error) throw new Error("promtool can't be run; it comes with Debian's package prometheus");
    expect(`${theirs.stdout}${theirs.stderr}`).toContain('SUCCESS');
  });
});

test('Prometheus scrapes over TLS with a client certificate and a password; nobody else reads anything', async () => {
  const web = write(
    'web.yml',
    `tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}\n${USERS}`,
  );
  const exporter = await start(EXPORTER_MAIN, 'accounts: [{credentials: {none: true}}]', '--web.config.file', web);
  const configFile = write(
    'prometheus.yml',
    `scrape_configs:
  - job_name: claude-usage
    scheme: https
    scrape_interval: 1s
    static_configs: [{targets: ["${exporter.url.replace('https://', '')}"]}]
    tls_config: {ca_file: ca.pem, cert_file: client.pem, key_file: client.key}
    basic_auth: {username: prometheus, password: scrape-password}
`,
  );
  const prometheus = await startPrometheus({ directory, configFile });
  running.defer(() => prometheus.stop());
  const up = async () => {
    const response = await fetch(`${prometheus.url}/api/v1/query?query=up`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result.map(({ value }) => value[1]);
  };
  while ((await up()).length === 0) await setTimeout(50);
  expect(await up()).toEqual(['1']);

  const ca = readFileSync(authority.certFile);
  const client = {
    cert: readFileSync(join(directory, 'client.pem')),
    key: readFileSync(join(directory, 'client.key')),
  };
  expect((await request(`${exporter.url}/metrics`, { ca, ...client })).status).toBe(401);
  expect((await request(`${exporter.url}/-/healthy`, { ca, ...client, ...PASSWORD })).status).toBe(200);
  await expect(request(`${exporter.url}/metrics`, { ca, ...PASSWORD })).rejects.toThrow();
  expect(exporter.log.join('\n')).not.toContain('scrape-password');
});

test('a changed password and a new certificate take effect without a restart; a bad file changes nothing', async () => {
  const web = write('web.yml', `tls_server_config: {cert_file: server.pem, key_file: server.key}\n${USERS}`);
  const exporter = await start(EXPORTER_MAIN, 'accounts: [{credentials: {none: true}}]', '--web.config.file', web);
  const status = async (auth: string, ca: string) =>
    (await request(`${exporter.url}/-/healthy`, { auth, ca: readFileSync(join(directory, ca)) })).status;
  expect(await status('prometheus:scrape-password', 'ca.pem')).toBe(200);

  write('web.yml', 'basic_auth_users: {prometheus: scrape-password}');
  expect(await status('prometheus:scrape-password', 'ca.pem')).toBe(200);
  expect(await exporter.untilLogged(/keeping the previous/)).not.toContain('scrape-password');

  createAuthority(directory, 'new-ca').issue('new', 'IP:127.0.0.1');
  write(
    'web.yml',
    `tls_server_config: {cert_file: new.pem, key_file: new.key}\nbasic_auth_users: {prometheus: "${hashSync('new', 5)}"}`,
  );
  expect(await status('prometheus:new', 'new-ca.pem')).toBe(200);
  expect(await status('prometheus:scrape-password', 'new-ca.pem')).toBe(401);
  await expect(status('prometheus:new', 'ca.pem')).rejects.toThrow();
});

test("the bridge's webhook keeps its own credential; everything else of it needs a user", async () => {
  const web = write('web.yml', USERS);
  const bridge = await start(BRIDGE_MAIN, 'webhook: {bearer_tokens: [webhook-token]}', '--web.config.file', web);
  const post = (headers: Record<string, string>) =>
    fetch(`${bridge.url}/api/v1/alerts`, { method: 'POST', body: '{}', headers }).then(({ status }) => status);
  // 400: let in, and refused for what it holds.
  expect(await post({ authorization: 'Bearer webhook-token' })).toBe(400);
  expect(await post({ authorization: `Basic ${Buffer.from('prometheus:scrape-password').toString('base64')}` })).toBe(
    401,
  );
  expect((await request(`${bridge.url}/metrics`)).status).toBe(401);
  expect((await request(`${bridge.url}/metrics`, { headers: { authorization: 'Bearer webhook-token' } })).status).toBe(
    401,
  );
  expect((await request(`${bridge.url}/metrics`, PASSWORD)).status).toBe(200);
  bridge.signal('SIGHUP');
  await bridge.untilLogged(/nothing to reload/);
});

test('a webhook that lets everyone post still needs a user where the web configuration has some', async () => {
  const web = write('web.yml', USERS);
  const bridge = await start(BRIDGE_MAIN, 'webhook: {insecure: true}', '--web.config.file', web);
  const post = (options: object) => request(`${bridge.url}/api/v1/alerts`, { method: 'POST', ...options });
  expect((await post({})).status).toBe(401);
  expect((await post(PASSWORD)).status).toBe(400);
});

test('an API whose certificate is not trusted is a separate reason, until ca_file names its CA and SIGHUP comes', async () => {
  const requests: string[] = [];
  const pem = { cert: readFileSync(join(directory, 'server.pem')), key: readFileSync(join(directory, 'server.key')) };
  const api = createServer(pem, (incoming, response) => {
    requests.push(`${incoming.url}`);
    response.end(USAGE);
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  running.defer(() => {
    api.closeAllConnections();
    api.close();
  });
  const account = `accounts: [{name: work, credentials: {access_token: planted}, endpoint: "https://127.0.0.1:${(api.address() as AddressInfo).port}"}]
poll: {interval: 1s}
stale_after: 1m`;
  const exporter = await start(EXPORTER_MAIN, account);
  expect(await exporter.untilLogged(/poll failed/)).toContain(
    `outcome=untrusted_certificate detail="the server's certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)"`,
  );
  const metrics = async () => (await request(`${exporter.url}/metrics`)).text;
  expect(await metrics()).toMatch(/^claude_usage_polls_total\{account="work",outcome="untrusted_certificate"\} [1-9]/m);
  expect(requests).toEqual([]);

  write('config.yaml', `${account}\nhttp: {ca_file: nowhere.pem}`);
  exporter.signal('SIGHUP');
  expect(await exporter.untilLogged(/keeping the previous/)).toContain(
    'http.ca_file: \\"nowhere.pem\\" must be a readable file of certificates in PEM',
  );
  expect(await metrics()).toContain('\nclaude_usage_config_last_reload_successful 0\n');
  write('config.yaml', `${account}\nhttp: {ca_file: ca.pem}`);
  exporter.signal('SIGHUP');
  await exporter.untilLogged(/usage polled/);
  expect(await metrics()).toContain('\nclaude_usage_config_last_reload_successful 1\n');
  expect(await metrics()).toContain('\nclaude_usage_up{account="work"} 1\n');
});
