import type { Secret } from '@repo/common/secret';

export const REQUEST_FAILURES = [
  'unauthorized',
  'forbidden',
  'rate_limited',
  'server_error',
  'unexpected_status',
  'redirected',
  'network',
  'untrusted_certificate',
  'timeout',
  'truncated',
  'too_large',
  'not_json',
] as const;
export type RequestFailure = (typeof REQUEST_FAILURES)[number];

export type UsageResponse = {
  /** The server's clock by its Date header, in milliseconds. */
  readonly serverTime?: number;
} & (
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly reason: RequestFailure; readonly detail: string; readonly retryAfterMs?: number }
);

export interface UsageRequest {
  readonly endpoint: string;
  readonly token: Secret;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly fetch: typeof fetch;
}

/** Real bodies have 2 to 6 KiB. */
const MAX_BODY_BYTES = 1024 * 1024;

const CERTIFICATE_ERRORS: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * Asks the API once for the usage of the token's account.
 * @throws only when `signal` aborts, which is no failure of the API
 */
export async function requestUsage(request: UsageRequest): Promise<UsageResponse> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  let response: Response | undefined;
  try {
    response = await request.fetch(`${request.endpoint}/api/oauth/usage`, {
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${request.token.reveal()}`,
        'anthropic-beta': 'oauth-2025-04-20',
        'anthropic-version': '2023-06-01',
        'user-agent': request.userAgent,
      },
      // Following one would hand the token to another server.
      redirect: 'manual',
      signal: AbortSignal.any([request.signal, timeout]),
    });
    const dated = serverTime(response);
    if (response.status !== 200) {
      await response.body?.cancel();
      return { ...dated, ...refusal(response, request.now()) };
    }
    const text = await readAtMost(response, MAX_BODY_BYTES);
    if (text === undefined)
      return { ...dated, ...failure('too_large', `the body has more than ${MAX_BODY_BYTES} bytes`) };
    return { ...dated, ...parse(text) };
  } catch (error) {
    if (request.signal.aborted) throw error;
    if (timeout.aborted) return failure('timeout', `no complete answer within ${request.timeoutMs / 1000} s`);
    const code = errorCode(error);
    if (response) return failure('truncated', `the answer broke off (${code})`);
    if (CERTIFICATE_ERRORS.has(code))
      return failure('untrusted_certificate', `the server's certificate is not trusted (${code})`);
    return failure('network', `the server can't be reached (${code})`);
  }
}

function refusal(response: Response, now: number): UsageResponse {
  const { status } = response;
  if (status === 401) return failure('unauthorized', 'the API refuses the access token (401)');
  if (status === 403) return failure('forbidden', 'this login may not read its usage (403)');
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), now);
    return {
      ...failure('rate_limited', 'the API asks for fewer requests (429)'),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  if (status >= 500) return failure('server_error', `the API has a problem (${status})`);
  if (status >= 300 && status < 400)
    return failure('redirected', `the API answers with a redirect (${status}), which is not followed`);
  return failure('unexpected_status', `the API answers with status ${status}`);
}

/** Retry-After as seconds or as a date, in milliseconds from now; `undefined` when it says nothing usable. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function serverTime(response: Response): { serverTime?: number } {
  const time = Date.parse(response.headers.get('date') ?? '');
  return Number.isFinite(time) ? { serverTime: time } : {};
}

async function readAtMost(response: Response, limit: number): Promise<string | undefined> {
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

function parse(text: string): UsageResponse {
  try {
    return { ok: true, body: JSON.parse(text) as unknown };
  } catch {
    // The parser's own message quotes the body, which is not ours to log.
    return failure('not_json', `the body (${text.length} characters) is not JSON`);
  }
}

function errorCode(error: unknown): string {
  const { cause, code, name } = error as NodeJS.ErrnoException;
  if (cause instanceof Error) return errorCode(cause);
  return code ?? name ?? 'unknown error';
}

function failure(reason: RequestFailure, detail: string) {
  return { ok: false, reason, detail } as const;
}
