import { toConnectionFailure } from './connection-failure.ts';

/** Reasons for a request without a complete answer, whatever was requested. */
export const TRANSPORT_FAILURES = ['network', 'untrusted_certificate', 'timeout', 'truncated', 'too_large'] as const;
export type TransportFailure = (typeof TRANSPORT_FAILURES)[number];

/** Classifies an error of `fetch`, or of reading the answer's body. */
export function transportFailure(error: unknown): { readonly reason: TransportFailure; readonly detail: string } {
  const { reason, message } = toConnectionFailure(error);
  return { reason: reason === 'unreachable' ? 'network' : reason, detail: message };
}

/**
 * The server's clock by its Date header, which has whole seconds, in milliseconds since the epoch; `undefined` without a
 * usable header.
 */
export function serverTime({ headers }: Pick<Response, 'headers'>): number | undefined {
  const time = Date.parse(headers.get('date') ?? '');
  return Number.isFinite(time) ? time : undefined;
}

/** Retry-After, in seconds or as a date, as milliseconds from now; `undefined` without a usable header. */
export function retryAfter(response: Pick<Response, 'headers'>, now: number): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null || header.trim() === '') return undefined;
  // A date is a time of the server's clock, which may differ from ours.
  const ms = /^\s*\d+(?:\.\d+)?\s*$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - (serverTime(response) ?? now);
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
