import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** What an `Authorization` header may hold. */
export interface Credentials {
  readonly bearerTokens: readonly Secret[];
  readonly basic?: readonly { readonly username: string; readonly password: Secret }[];
}

/**
 * Whether an `Authorization` header holds one of the credentials. Digests are compared, so that neither content nor
 * length of a secret shows in the time it takes; secrets are read at every call, so that rotation needs no restart.
 */
export function isAuthorized(header: string, { bearerTokens, basic = [] }: Credentials): boolean {
  // Node reads headers as Latin-1, clients write them as UTF-8.
  const presented = digest(Buffer.from(normalizeScheme(header), 'latin1'));
  const accepted = [
    ...bearerTokens.flatMap((token) => headerWith(token, (text) => `bearer ${text}`)),
    ...basic.flatMap(({ username, password }) =>
      headerWith(password, (text) => `basic ${encodeBase64(`${username}:${text}`)}`),
    ),
  ];
  // No early exit: every candidate takes its turn.
  return accepted.filter((candidate) => timingSafeEqual(digest(candidate), presented)).length > 0;
}

// A secret's file is empty for a moment when it is rewritten in place; nobody must get in by that.
function headerWith(secret: Secret, compose: (text: string) => string): string[] {
  const text = secret.reveal();
  return text === '' ? [] : [compose(text)];
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
