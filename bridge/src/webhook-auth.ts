import { createHash, timingSafeEqual } from 'node:crypto';
import type { WebhookCredentials } from './config.ts';

/**
 * Decides by the `Authorization` header whether a request may post. Digests are compared, so that neither content nor
 * length of a secret shows in the time it takes; secrets are read at every request, so that rotation needs no restart.
 */
export function createAuthorizer({ bearerTokens, basic, insecure }: WebhookCredentials): (header: string) => boolean {
  if (insecure) return () => true;
  return (header) => {
    const presented = digest(normalizeScheme(header));
    const accepted = [
      ...bearerTokens.map((token) => `bearer ${token.reveal()}`),
      ...basic.map(({ username, password }) => `basic ${encodeBase64(`${username}:${password.reveal()}`)}`),
    ];
    // No early exit: every candidate takes its turn.
    return accepted.filter((candidate) => timingSafeEqual(digest(candidate), presented)).length > 0;
  };
}

function normalizeScheme(header: string): string {
  const [scheme = '', ...rest] = header.trim().split(/ +/);
  return `${scheme.toLowerCase()} ${rest.join(' ')}`;
}

function encodeBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
