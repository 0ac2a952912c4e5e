import type { IncomingMessage } from 'node:http';

const identities = new WeakMap<IncomingMessage, readonly string[]>();

/**
 * Notes that the caller has proved its identity, by a user's password or by a verified client certificate.
 * @param names the user's name, or the subject alternative names of the certificate
 */
export function identify(request: IncomingMessage, names: readonly string[]): void {
  identities.set(request, names);
}

export function isIdentified(request: IncomingMessage): boolean {
  return identities.has(request);
}

/** Returns whether the caller has proved to be one of the writers. */
export function isWriter(request: IncomingMessage, writers: readonly string[]): boolean {
  return (identities.get(request) ?? []).some((name) => writers.includes(name));
}
