import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../../test/certificates.ts';
import { ConfigError } from '../config.ts';
import { demandsCredential, parseWebConfig } from './web-config.ts';

const HASH = '$2b$04$abcdefghijklmnopqrstuuBrHHdCQN1XdO96Avc9ujvUp.D3mwYVO';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'web-config-'));
  const authority = createAuthority(directory);
  authority.issue('server', 'DNS:localhost');
  authority.issue('other', 'DNS:localhost');
  writeFileSync(join(directory, 'nonsense'), 'nonsense');
});
afterAll(() => rmSync(directory, { recursive: true }));

const parse = (text: string) => parseWebConfig(text, 'web.yml', { directory, env: {} });
const pem = (name: string) => readFileSync(join(directory, name), 'utf8');
const inline = (text: string) => JSON.stringify(text);

function complaint(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no complaint';
}

test('an empty file changes nothing', () => {
  expect(parse('')).toEqual({ tls: undefined, headers: {}, users: new Map() });
});

test('certificates are read from files relative to the configuration, or from its own text', () => {
  const fromFiles = parse('tls_server_config: {cert_file: server.pem, key_file: server.key}');
  expect(fromFiles.tls).toEqual({
    context: {
      cert: pem('server.pem'),
      key: pem('server.key'),
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      honorCipherOrder: true,
    },
    clients: { asked: false, needed: false, verified: false, allowedNames: [] },
    files: [join(directory, 'server.pem'), join(directory, 'server.key')],
  });
  const own = parse(`tls_server_config: {cert: ${inline(pem('server.pem'))}, key: ${inline(pem('server.key'))}}`);
  expect(own.tls).toEqual({ ...fromFiles.tls, files: [] });
});

test('every other key has its meaning', () => {
  const { tls, headers, users } = parse(`
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.example]
  min_version: TLS13
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: false
  headers: {X-Frame-Options: deny, Strict-Transport-Security: max-age=31536000}
basic_auth_users: {alice: ${HASH}}
`);
  expect(tls).toMatchObject({
    context: {
      ca: pem('ca.pem'),
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      ciphers: 'ECDHE-RSA-AES256-GCM-SHA384:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
      ecdhCurve: 'X25519:prime256v1',
      honorCipherOrder: false,
    },
    clients: { asked: true, needed: true, verified: true, allowedNames: ['prometheus.example'] },
  });
  expect(headers).toEqual({ 'X-Frame-Options': 'deny', 'Strict-Transport-Security': 'max-age=31536000' });
  expect(users).toEqual(new Map([['alice', HASH]]));
});

const PAIR = 'cert_file: server.pem, key_file: server.key';

describe('a credential is demanded', () => {
  test.each([
    ['', false],
    [`basic_auth_users: {alice: ${HASH}}`, true],
    [`tls_server_config: {${PAIR}}`, false],
    [`tls_server_config: {${PAIR}, client_auth_type: RequestClientCert}`, false],
    // Whoever likes makes a certificate.
    [`tls_server_config: {${PAIR}, client_auth_type: RequireAnyClientCert}`, false],
    [`tls_server_config: {${PAIR}, client_ca_file: ca.pem, client_auth_type: VerifyClientCertIfGiven}`, false],
    [`tls_server_config: {${PAIR}, client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}`, true],
  ])('by %j: %j', (text, demanded) => {
    expect(demandsCredential(parse(text))).toBe(demanded);
  });
});

describe('refused', () => {
  test.each([
    ['tls: {}', 'tls: is an unknown key; known here: tls_server_config, http_server_config, basic_auth_users'],
    [
      'tls_server_config: {cert_file: server.pem}',
      "tls_server_config.key_file: is missing; it must name the server's private key",
    ],
    [
      'tls_server_config: {key_file: server.key}',
      "tls_server_config.cert_file: is missing; it must name the server's certificate",
    ],
    [
      'tls_server_config: {cert_file: nowhere.pem, key_file: server.key}',
      `tls_server_config.cert_file: "nowhere.pem" cannot be read (ENOENT)`,
    ],
    [
      'tls_server_config: {cert_file: nonsense, key_file: server.key}',
      'tls_server_config.cert_file: "nonsense" is no certificate in PEM',
    ],
    [
      'tls_server_config: {cert_file: server.pem, key_file: nonsense}',
      'tls_server_config.key_file: is no unencrypted private key in PEM',
    ],
    [
      'tls_server_config: {cert_file: server.pem, key_file: other.key}',
      'tls_server_config.key_file: is not the key of the certificate',
    ],
    [
      `tls_server_config: {cert: x, ${PAIR}}`,
      'tls_server_config.cert: "x" goes without cert_file; keep one of them\n  tls_server_config.cert_file: "server.pem" is no certificate in PEM',
    ],
    [
      `tls_server_config: {${PAIR}, client_ca_file: ca.pem}`,
      'tls_server_config.client_auth_type: is missing; it must be something like RequireAndVerifyClientCert for client_ca to be of use',
    ],
    [
      `tls_server_config: {${PAIR}, client_auth_type: RequireAndVerifyClientCert}`,
      'tls_server_config.client_ca_file: is missing; it must name the CA that clients are verified by',
    ],
    [
      `tls_server_config: {${PAIR}, client_auth_type: RequireAnyClientCert, client_allowed_sans: [a]}`,
      'tls_server_config.client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert; anyone can claim a name',
    ],
    [
      `tls_server_config: {${PAIR}, client_auth_type: Always}`,
      'tls_server_config.client_auth_type: "Always" must be one of NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert',
    ],
    [
      `tls_server_config: {${PAIR}, max_version: TLS11}`,
      'tls_server_config.max_version: "TLS11" is outdated; at least TLS12 is spoken',
    ],
    [
      `tls_server_config: {${PAIR}, min_version: TLS13, max_version: TLS12}`,
      'tls_server_config.min_version: "TLS13" is above max_version',
    ],
    [
      'http_server_config: {headers: {Server: x}}',
      'http_server_config.headers.Server: is an unknown key; known here: Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, X-XSS-Protection, Content-Security-Policy',
    ],
    [
      'http_server_config: {headers: {Content-Security-Policy: "a\\nb"}}',
      'http_server_config.headers.Content-Security-Policy: "a\\nb" must be one line of printable ASCII characters',
    ],
    [
      'basic_auth_users: {alice: hunter2}',
      'basic_auth_users.alice: must be the bcrypt hash of a password, as `htpasswd -nBC 10 ""` prints it after the colon',
    ],
    [
      `basic_auth_users: {"a:b": ${HASH}}`,
      'basic_auth_users.a:[redacted]: as a name must be a user name without a colon',
    ],
    [`"alice:hunter2": ${HASH}`, /^alice:\[redacted\]: is an unknown key; known here: tls_server_config/],
    [`basic_auth_users: {"${HASH}": alice}`, /^basic_auth_users\.\[redacted\]: must be the bcrypt hash/],
    [
      `basic_auth_users: {alice: ${HASH.replace('$04$', '$17$')}}`,
      'basic_auth_users.alice: has a bcrypt cost above 16, so that checking a password would take many seconds; 10 to 12 is usual',
    ],
  ])('%s', (text, problem) => {
    expect(complaint(text)).toMatch(/^web\.yml: [12] problems?\n {2}/);
    const given = complaint(text).replace(/^.*\n {2}/, '');
    expect(given).toEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem));
    expect(given).not.toContain('hunter2');
  });

  test('every problem at once', () => {
    expect(complaint('tls_server_config: {cert_file: nonsense}\nbasic_auth_users: {alice: x}\ncolour: red')).toMatch(
      /^web\.yml: 4 problems\n/,
    );
  });
});
