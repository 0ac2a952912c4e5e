import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';
import type { SecretReader } from './secret-reader.ts';

/** Credentials that an `Authorization` header may contain. */
export interface Credentials {
  readonly bearerTokens: readonly Secret[];
  readonly basic?: readonly { readonly username: string; readonly password: Secret }[];
}

/**
 * Returns whether an `Authorization` header contains one of the credentials. Digests are compared, so that the time
 * taken reveals neither content nor length of a secret. Secrets are read at every call, so that rotation needs no
 * restart; one that is empty or cannot be read admits nobody.
 */
export function isAuthorized(header: string, { bearerTokens, basic = [] }: Credentials, read: SecretReader): boolean {
  // Node reads headers as Latin-1, clients write them as UTF-8.
  const presented = digest(Buffer.from(normalizeScheme(header), 'latin1'));
  const accepted = [
    ...bearerTokens.flatMap((token) => headerWith(read(token), (text) => `bearer ${text}`)),
    ...basic.flatMap(({ username, password }) =>
      headerWith(read(password), (text) => `basic ${encodeBase64(`${username}:${text}`)}`),
    ),
  ];
  // No early exit: every candidate is compared.
  return accepted.filter((candidate) => timingSafeEqual(digest(candidate), presented)).length > 0;
}

// A secret's file is empty for a moment when it is rewritten in place.
function headerWith(text: string | undefined, compose: (text: string) => string): string[] {
  return text === undefined || text === '' ? [] : [compose(text)];
}

function normalizeScheme(header: string): string {
  const [scheme = '', ...rest] = header.trim().split(/ +/);
  return `${scheme.toLowerCase()} ${rest.join(' ')}`;
}

function encodeBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}
