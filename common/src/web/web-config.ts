import { z } from 'zod';
import { type ConfigContext, parseConfig, section } from '../config.ts';
import { type TlsConfig, tlsSchema } from './web-tls-config.ts';

const BCRYPT = /^\$2[aby]\$(?<cost>0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
/** Checking one password takes seconds at this cost, and twice as long at the next. */
const MAX_BCRYPT_COST = 16;

/** A web configuration in Prometheus' format; {@link OPEN_WEB_CONFIG} applies without one. */
export interface WebConfig {
  readonly tls: TlsConfig | undefined;
  /** Headers of every response. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes of passwords, by user. */
  readonly users: ReadonlyMap<string, string>;
}

export const OPEN_WEB_CONFIG: WebConfig = { tls: undefined, headers: {}, users: new Map() };

/** Returns whether every reader needs a credential. */
export function demandsCredential({ tls, users }: WebConfig): boolean {
  return users.size > 0 || verifiesEveryClient(tls);
}

/** Returns whether the handshake itself rejects clients without a certificate of our CA. */
export function verifiesEveryClient(tls: TlsConfig | undefined): boolean {
  return tls?.clients.needed === true && tls.clients.verified;
}

/**
 * Reads a web configuration with the certificates that it names.
 * @throws ConfigError with every problem at once
 */
export function parseWebConfig(text: string, source: string, context: ConfigContext): WebConfig {
  const { tls_server_config, http_server_config, basic_auth_users } = parseConfig(schema(context), text, source);
  const headers = Object.entries(http_server_config.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { tls: tls_server_config, headers: Object.fromEntries(headers), users: new Map(basic_auth_users) };
}

function schema(context: ConfigContext) {
  return section({
    tls_server_config: tlsSchema(context).optional(),
    http_server_config: section({
      // Part of the format; this server speaks HTTP/1.1, which every client of HTTP/2 understands as well.
      http2: z.boolean().default(true),
      headers: section({
        'Strict-Transport-Security': headerValue,
        'X-Content-Type-Options': z.literal('nosniff').optional(),
        'X-Frame-Options': z.enum(['deny', 'sameorigin']).optional(),
        'X-XSS-Protection': headerValue,
        'Content-Security-Policy': headerValue,
      }).prefault({}),
    }).prefault({}),
    basic_auth_users: z
      .record(
        z.string().regex(/^[^:]+$/, 'must be a user name without a colon'),
        z
          .string()
          .regex(BCRYPT, 'must be the bcrypt hash of a password, as `htpasswd -nBC 10 ""` prints it after the colon')
          .refine(
            (hash) => Number(BCRYPT.exec(hash)?.groups?.cost ?? 0) <= MAX_BCRYPT_COST,
            `has a bcrypt cost above ${MAX_BCRYPT_COST}, so that checking a password would take many seconds; 10 to 12 is usual`,
          ),
      )
      .transform((users) => Object.entries(users))
      .prefault({}),
  });
}

const headerValue = z
  .string()
  .regex(/^[\x20-\x7e]*$/, 'must be one line of printable ASCII characters')
  .optional();
