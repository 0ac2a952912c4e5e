import { toConnectionFailure } from './connection-failure.ts';

/** Why no complete answer came, whatever was asked for. */
export const TRANSPORT_FAILURES = ['network', 'untrusted_certificate', 'timeout', 'truncated', 'too_large'] as const;
export type TransportFailure = (typeof TRANSPORT_FAILURES)[number];

/** What an error of `fetch`, or of reading its answer's body, means; `timedOutMs` is set when the time was up. */
export function transportFailure(
  error: unknown,
  { answered, timedOutMs }: { readonly answered: boolean; readonly timedOutMs?: number | undefined },
): { readonly reason: TransportFailure; readonly detail: string } {
  if (timedOutMs !== undefined) {
    return { reason: 'timeout', detail: `no complete answer within ${timedOutMs / 1000} s` };
  }
  if (answered) return { reason: 'truncated', detail: `the answer broke off (${errorCode(error)})` };
  const { reason, message } = toConnectionFailure(error);
  return { reason: reason === 'unreachable' ? 'network' : reason, detail: message };
}

/** The innermost error code: that of the network rather than that of the library. */
export function errorCode(error: unknown): string {
  const { cause, code, name } = error as NodeJS.ErrnoException;
  if (cause instanceof Error) return errorCode(cause);
  return code ?? name ?? 'unknown error';
}

/** The body as text; `undefined` when it has more than `limit` bytes. */
export async function readAtMost(response: Response, limit: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the rest of the body.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The server's clock by its Date header, in milliseconds since the epoch; `undefined` when it says nothing usable. The
 * header has whole seconds.
 */
export function serverTime({ headers }: Response): number | undefined {
  const time = Date.parse(headers.get('date') ?? '');
  return Number.isFinite(time) ? time : undefined;
}

/** Retry-After as seconds or as a date, in milliseconds from the answer; `undefined` when it says nothing usable. */
export function retryAfter(response: Response, now: number): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null || header.trim() === '') return undefined;
  // A date is one of the server's clock, which ours may differ from.
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - (serverTime(response) ?? now);
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
