import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { SecureContextOptions, SecureVersion } from 'node:tls';
import { z } from 'zod';
import { type ConfigContext, pathSchema, section } from '../config.ts';
import { readTextFile } from '../text-file.ts';

/** In the order of Prometheus' documentation; what each demands of a client is in {@link ClientCertificates}. */
const CLIENT_AUTH_TYPES = {
  NoClientCert: { asked: false, needed: false, verified: false },
  RequestClientCert: { asked: true, needed: false, verified: false },
  RequireAnyClientCert: { asked: true, needed: true, verified: false },
  VerifyClientCertIfGiven: { asked: true, needed: false, verified: true },
  RequireAndVerifyClientCert: { asked: true, needed: true, verified: true },
} as const;
const NO_CLIENT_CERTIFICATE = 'NoClientCert';

const VERSIONS = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
type Version = keyof typeof VERSIONS;
const VERSION_NAMES = Object.keys(VERSIONS) as [Version, ...Version[]];

const CURVES = { CurveP256: 'prime256v1', CurveP384: 'secp384r1', CurveP521: 'secp521r1', X25519: 'X25519' } as const;

/** Go's names, which the format uses, and OpenSSL's. Those of TLS 1.3 are always on, as in Go. */
const CIPHER_SUITES = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
} as const;
const TLS13_SUITES = Object.values(CIPHER_SUITES).filter((name) => name.startsWith('TLS_'));

export interface ClientCertificates {
  readonly asked: boolean;
  readonly needed: boolean;
  /** Whether one that is given must come from a CA of `client_ca`. */
  readonly verified: boolean;
  /** A subject alternative name must be one of these; empty: any will do. */
  readonly allowedNames: readonly string[];
}

export interface TlsConfig {
  /** Certificate, key and what else a secure context is made of. */
  readonly context: SecureContextOptions;
  readonly clients: ClientCertificates;
  /** The files that certificates and key were read from. */
  readonly files: readonly string[];
}

/** The section `tls_server_config` of Prometheus' web configuration. */
export function tlsSchema(context: ConfigContext) {
  const pem = z.string('must be text in PEM').optional();
  const file = pathSchema(context).optional();
  const names = <Name extends string>(table: Readonly<Record<Name, string>>) =>
    z.array(z.enum(Object.keys(table) as [Name, ...Name[]]).transform((name) => table[name])).optional();
  return section({
    cert: pem,
    cert_file: file,
    key: pem,
    key_file: file,
    client_ca: pem,
    client_ca_file: file,
    client_auth_type: z
      .enum(Object.keys(CLIENT_AUTH_TYPES) as [keyof typeof CLIENT_AUTH_TYPES])
      .default(NO_CLIENT_CERTIFICATE),
    client_allowed_sans: z.array(z.string()).default([]),
    min_version: z.enum(VERSION_NAMES).default('TLS12'),
    max_version: z.enum(VERSION_NAMES).default('TLS13'),
    cipher_suites: names(CIPHER_SUITES),
    prefer_server_cipher_suites: z.boolean().default(true),
    curve_preferences: names(CURVES),
  }).transform((given, refinement): TlsConfig => {
    const complain = (key: string, message: string) =>
      refinement.addIssue({ code: 'custom', path: [key], message, input: given });
    const read = (key: 'cert' | 'key' | 'client_ca', isFine: (text: string) => unknown, wrong: string) => {
      const path = given[`${key}_file`];
      if (given[key] !== undefined && path !== undefined) complain(key, `goes without ${key}_file; keep one of them`);
      const text = given[key] ?? (path === undefined ? undefined : readText(path));
      const at = path === undefined ? key : `${key}_file`;
      if (text instanceof Error) complain(at, `cannot be read (${(text as NodeJS.ErrnoException).code})`);
      else if (text !== undefined && !succeeds(() => isFine(text))) complain(at, wrong);
      else return text;
      return undefined;
    };
    const cert = read('cert', (text) => new X509Certificate(text), 'is no certificate in PEM');
    if (given.key_file !== undefined) context.secretFiles?.add(given.key_file);
    const key = read('key', createPrivateKey, 'is no unencrypted private key in PEM');
    const ca = read('client_ca', (text) => new X509Certificate(text), 'is no certificate in PEM');
    for (const needed of ['cert', 'key'] as const) {
      if (given[needed] === undefined && given[`${needed}_file`] === undefined)
        complain(`${needed}_file`, `must name the server's ${needed === 'cert' ? 'certificate' : 'private key'}`);
    }
    if (cert !== undefined && key !== undefined && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      complain(given.key === undefined ? 'key_file' : 'key', 'is not the key of the certificate');

    const clients = CLIENT_AUTH_TYPES[given.client_auth_type];
    const hasCa = given.client_ca !== undefined || given.client_ca_file !== undefined;
    if (hasCa && given.client_auth_type === NO_CLIENT_CERTIFICATE)
      complain('client_auth_type', 'must be something like RequireAndVerifyClientCert for client_ca to be of use');
    if (clients.verified && !hasCa) complain('client_ca_file', 'must name the CA that clients are verified by');
    if (given.client_allowed_sans.length > 0 && !clients.verified)
      complain('client_allowed_sans', 'needs client_auth_type: RequireAndVerifyClientCert; anyone can claim a name');
    if (given.max_version < 'TLS12') complain('max_version', 'is outdated; at least TLS12 is spoken');
    else if (given.min_version > given.max_version) complain('min_version', 'is above max_version');
    return {
      context: {
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(ca === undefined ? {} : { ca }),
        minVersion: VERSIONS[given.min_version] satisfies SecureVersion,
        maxVersion: VERSIONS[given.max_version] satisfies SecureVersion,
        honorCipherOrder: given.prefer_server_cipher_suites,
        ...(given.cipher_suites ? { ciphers: [...new Set([...given.cipher_suites, ...TLS13_SUITES])].join(':') } : {}),
        ...(given.curve_preferences?.length ? { ecdhCurve: given.curve_preferences.join(':') } : {}),
      },
      clients: { ...clients, allowedNames: given.client_allowed_sans },
      files: [given.cert_file, given.key_file, given.client_ca_file].filter((path) => path !== undefined),
    };
  });
}

function readText(path: string): string | Error {
  try {
    return readTextFile(path);
  } catch (error) {
    return error as Error;
  }
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
