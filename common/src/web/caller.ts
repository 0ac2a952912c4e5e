import type { IncomingMessage } from 'node:http';

const identified = new WeakSet<IncomingMessage>();

/** Notes that the caller has proved who it is: by a user's password or a verified client certificate. */
export function markIdentified(request: IncomingMessage): void {
  identified.add(request);
}

export function isIdentified(request: IncomingMessage): boolean {
  return identified.has(request);
}
