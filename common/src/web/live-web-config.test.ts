import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAuthority, type Issued } from '../../test/certificates.ts';
import { openWebConfig } from './live-web-config.ts';

const HASH = '$2b$04$abcdefghijklmnopqrstuuBrHHdCQN1XdO96Avc9ujvUp.D3mwYVO';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'live-web-config-'));
  file = join(directory, 'web.yml');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Replaces the file as editors and Kubernetes do. */
function write(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function open(publicAddress?: string, given: string | undefined = file) {
  const changes: string[] = [];
  const current = openWebConfig({
    file: given,
    env: {},
    publicAddress,
    onChange: (error) => changes.push(error?.message.replaceAll(directory, 'DIRECTORY') ?? 'changed'),
  });
  return { current, changes };
}

const usersOf = (current: ReturnType<typeof openWebConfig>) => [...current().users.keys()];

test('a change of the file takes effect at the next look, once', () => {
  write(`basic_auth_users: {alice: ${HASH}}`);
  const { current, changes } = open();
  expect(usersOf(current)).toEqual(['alice']);
  expect(current()).toBe(current());
  write(`basic_auth_users: {bob: ${HASH}}`);
  expect(usersOf(current)).toEqual(['bob']);
  expect(usersOf(current)).toEqual(['bob']);
  expect(changes).toEqual(['changed']);
});

test('while the file is bad or missing, the last good one stays; each change is told once', () => {
  write(`basic_auth_users: {alice: ${HASH}}`);
  const { current, changes } = open();
  write('basic_auth_users: {alice: hunter2}');
  expect(usersOf(current)).toEqual(['alice']);
  expect(usersOf(current)).toEqual(['alice']);
  rmSync(file);
  expect(usersOf(current)).toEqual(['alice']);
  write(`basic_auth_users: {bob: ${HASH}}`);
  expect(usersOf(current)).toEqual(['bob']);
  expect(changes).toEqual([
    expect.stringMatching(/^DIRECTORY\/web\.yml: 1 problem\n {2}basic_auth_users\.alice: must be the bcrypt hash/),
    "ENOENT: no such file or directory, open 'DIRECTORY/web.yml'",
    'changed',
  ]);
});

test('a renewed certificate is read again, also one that the configuration has named only since', () => {
  const authority = createAuthority(directory);
  const [first, second] = ['first', 'second'].map((name) => authority.issue(name, 'DNS:localhost')) as [Issued, Issued];
  write('tls_server_config: {cert_file: first.pem, key_file: first.key}');
  const { current, changes } = open();
  const before = current();
  write('tls_server_config: {cert_file: second.pem, key_file: second.key}');
  const after = current();
  expect(after.tls?.context.cert).not.toBe(before.tls?.context.cert);
  expect(current()).toBe(after);
  copyFileSync(first.certFile, second.certFile);
  expect(current()).toBe(after);
  copyFileSync(first.keyFile, second.keyFile);
  expect(current().tls?.context).toEqual(before.tls?.context);
  expect(changes).toEqual([
    'changed',
    'DIRECTORY/web.yml: 1 problem\n  tls_server_config.key_file: is not the key of the certificate',
    'changed',
  ]);
});

test('what an open socket was made for does not change until a restart', () => {
  createAuthority(directory);
  const tls = (rest = '') => `tls_server_config: {cert_file: ca.pem, key_file: ca.key${rest}}`;
  write(tls());
  const { current, changes } = open();
  write(tls(', client_auth_type: RequireAnyClientCert'));
  expect(current().tls?.clients.asked).toBe(false);
  write('');
  expect(current().tls).toBeDefined();
  expect(changes).toEqual(
    ['tls_server_config.client_auth_type', 'tls_server_config'].map(
      (key) => `DIRECTORY/web.yml: 1 problem\n  ${key}: has changed, which takes effect after a restart`,
    ),
  );
});

const OPEN_TO_OTHERS =
  '--web.listen-address: 0.0.0.0:80 lets other machines in, which must prove who they are; name a file with basic_auth_users, or with client_auth_type: RequireAndVerifyClientCert, by --web.config.file';

test('where other machines can connect, a credential must be demanded, at first and ever after', () => {
  expect(() => openWebConfig({ file: undefined, env: {}, publicAddress: '0.0.0.0:80', onChange() {} })).toThrow(
    `the command line: 1 problem\n  ${OPEN_TO_OTHERS}`,
  );
  write('');
  expect(() => open('0.0.0.0:80')).toThrow(`${file}: 1 problem\n  ${OPEN_TO_OTHERS}`);
  write(`basic_auth_users: {alice: ${HASH}}`);
  const { current, changes } = open('0.0.0.0:80');
  write('');
  expect(usersOf(current)).toEqual(['alice']);
  expect(changes).toEqual([`DIRECTORY/web.yml: 1 problem\n  ${OPEN_TO_OTHERS}`]);
});

test('without a file everything is open', () => {
  expect(openWebConfig({ file: undefined, env: {}, publicAddress: undefined, onChange() {} })()).toEqual({
    tls: undefined,
    headers: {},
    users: new Map(),
  });
});
