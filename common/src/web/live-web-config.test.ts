import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

test('while the file is invalid or missing, the previous configuration stays; each problem is reported once', () => {
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

test('a new certificate takes effect, also one that the configuration names only since a change', () => {
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
      (key) => `DIRECTORY/web.yml: 1 problem\n  ${key}: this change takes effect after a restart`,
    ),
  );
});

const OPEN_TO_OTHERS =
  '--web.listen-address: 0.0.0.0:80 is reachable from other machines, so a credential is required. Set basic_auth_users, or client_auth_type: RequireAndVerifyClientCert, in the file of --web.config.file';

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

describe('an in-place rewrite, which empties or cuts the file for a moment,', () => {
  const users = `basic_auth_users: {alice: ${HASH}}`;
  const restart = (key: string, change: string) =>
    `DIRECTORY/web.yml: 1 problem\n  ${key}: ${change} takes effect after a restart`;

  test.each(['', '# comment', 'http_server_config: {}', 'basic_auth_users: {}'])(
    'never opens what required a password: %j',
    (text) => {
      write(users);
      const { current, changes } = open();
      write(text);
      expect(usersOf(current)).toEqual(['alice']);
      expect(usersOf(current)).toEqual(['alice']);
      expect(changes).toEqual([restart('basic_auth_users', 'removing all users')]);
      write(`basic_auth_users: {bob: ${HASH}}`);
      expect(usersOf(current)).toEqual(['bob']);
    },
  );

  test('never drops the password beside a certificate, nor the list of allowed names', () => {
    createAuthority(directory);
    const tls = (rest = '') =>
      `tls_server_config: {cert_file: ca.pem, key_file: ca.key, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert${rest}}`;
    write(`${tls(', client_allowed_sans: [prometheus]')}\n${users}`);
    const { current, changes } = open();
    write(tls(', client_allowed_sans: [prometheus]'));
    expect(usersOf(current)).toEqual(['alice']);
    write(`${tls()}\n${users}`);
    expect(current().tls?.clients.allowedNames).toEqual(['prometheus']);
    expect(changes).toEqual([
      restart('basic_auth_users', 'removing all users'),
      restart('tls_server_config.client_allowed_sans', 'removing all names'),
    ]);
  });

  test('may open what was open already', () => {
    write('http_server_config: {headers: {X-Frame-Options: deny}}');
    const { current, changes } = open();
    write('');
    expect(current().headers).toEqual({});
    expect(changes).toEqual(['changed']);
  });
});

test('a file that cannot be read at the moment is tried again, and is one report', () => {
  write(`basic_auth_users: {alice: ${HASH}}`);
  const { current, changes } = open();
  rmSync(file);
  mkdirSync(file);
  for (let look = 0; look < 3; look++) expect(usersOf(current)).toEqual(['alice']);
  expect(changes).toEqual(['EISDIR: illegal operation on a directory, read']);
  rmSync(file, { recursive: true });
  write(`basic_auth_users: {bob: ${HASH}}`);
  expect(usersOf(current)).toEqual(['bob']);
});

test('without a file everything is open', () => {
  expect(openWebConfig({ file: undefined, env: {}, publicAddress: undefined, onChange() {} })()).toEqual({
    tls: undefined,
    headers: {},
    users: new Map(),
  });
});
