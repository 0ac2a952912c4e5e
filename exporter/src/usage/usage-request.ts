import {
  readAtMost,
  retryAfter,
  serverTime,
  TRANSPORT_FAILURES,
  transportFailure,
} from '@repo/common/outbound/http-answer';
import type { Secret } from '@repo/common/secret';

export const REQUEST_FAILURES = [
  'unauthorized',
  'forbidden',
  'rate_limited',
  'server_error',
  'unexpected_status',
  'redirected',
  ...TRANSPORT_FAILURES,
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

/**
 * Asks the API once for the usage of the token's account.
 * @throws only when `signal` aborts, which is no failure of the API
 */
export function requestUsage(request: UsageRequest): Promise<UsageResponse> {
  return requestJson('/api/oauth/usage', request);
}

/**
 * Asks the API once for the profile of the token's account, which tells of its plan.
 * @throws only when `signal` aborts, which is no failure of the API
 */
export function requestProfile(request: UsageRequest): Promise<UsageResponse> {
  return requestJson('/api/oauth/profile', request);
}

async function requestJson(path: string, request: UsageRequest): Promise<UsageResponse> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  let response: Response | undefined;
  try {
    response = await request.fetch(request.endpoint + path, {
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
    const time = serverTime(response);
    const dated = time === undefined ? {} : { serverTime: time };
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
    const timedOutMs = timeout.aborted ? request.timeoutMs : undefined;
    const { reason, detail } = transportFailure(error, { answered: response !== undefined, timedOutMs });
    return failure(reason, detail);
  }
}

function refusal(response: Response, now: number): UsageResponse {
  const { status } = response;
  if (status === 401) return failure('unauthorized', 'the API refuses the access token (401)');
  if (status === 403) return failure('forbidden', 'this login may not read its usage (403)');
  if (status === 429) {
    const retryAfterMs = retryAfter(response, now);
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

function parse(text: string): UsageResponse {
  try {
    return { ok: true, body: JSON.parse(text) as unknown };
  } catch {
    // The parser's own message quotes the body, which is not ours to log.
    return failure('not_json', `the body (${text.length} characters) is not JSON`);
  }
}

function failure(reason: RequestFailure, detail: string) {
  return { ok: false, reason, detail } as const;
}
