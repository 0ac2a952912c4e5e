import { limitAnswers } from '@repo/common/outbound/answer-limits';
import { retryAfter, serverTime, TRANSPORT_FAILURES, transportFailure } from '@repo/common/outbound/http-answer';
import type { Secret } from '@repo/common/secret';

export const REQUEST_FAILURES = [
  'unauthorized',
  'forbidden',
  'challenged',
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
  | { readonly ok: true; readonly body: unknown; readonly organization?: string }
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
const MAX_LOCATION_LENGTH = 100;

/**
 * Requests the usage of the token's account once.
 * @throws only if `signal` aborts, which is no failure of the API
 */
export function requestUsage(request: UsageRequest): Promise<UsageResponse> {
  return requestJson('/api/oauth/usage', request);
}

/**
 * Requests the profile of the token's account once, which names its plan.
 * @throws only if `signal` aborts, which is no failure of the API
 */
export function requestProfile(request: UsageRequest): Promise<UsageResponse> {
  return requestJson('/api/oauth/profile', request);
}

async function requestJson(path: string, request: UsageRequest): Promise<UsageResponse> {
  const { endpoint, token, userAgent, timeoutMs, signal, now } = request;
  try {
    const response = await limitAnswers(request.fetch, { maxBytes: MAX_BODY_BYTES, timeoutMs })(endpoint + path, {
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token.reveal()}`,
        'anthropic-beta': 'oauth-2025-04-20',
        'anthropic-version': '2023-06-01',
        'user-agent': userAgent,
      },
      // Following one would send the token to another server.
      redirect: 'manual',
      signal,
    });
    const time = serverTime(response);
    const dated = time === undefined ? {} : { serverTime: time };
    if (response.status !== 200 || isWebPage(response)) {
      await response.body?.cancel();
      return { ...dated, ...rejection(response, now()) };
    }
    const organization = response.headers.get('anthropic-organization-id');
    return { ...dated, ...parse(await response.text()), ...(organization ? { organization } : {}) };
  } catch (error) {
    if (signal.aborted) throw error;
    const { reason, detail } = transportFailure(error);
    return failure(reason, detail);
  }
}

function rejection(response: Response, now: number): UsageResponse {
  const { status, headers } = response;
  if (status === 429) {
    const retryAfterMs = retryAfter(response, now);
    return {
      ...failure('rate_limited', 'the API limits the request rate (429)'),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  if (status >= 300 && status < 400) return failure('redirected', redirectText(status, headers.get('location')));
  if (headers.get('cf-mitigated') !== null || (status < 500 && isWebPage(response))) {
    const detail = `a CDN or a proxy answers with a web page instead of the API (${status}), so the login is not the cause; check the network and the proxies of this machine`;
    return failure('challenged', detail);
  }
  if (status === 401) return failure('unauthorized', 'the API rejects the access token (401)');
  if (status === 403) return failure('forbidden', 'this login may not read its usage (403)');
  if (status >= 500) return failure('server_error', `the API has a problem (${status})`);
  return failure('unexpected_status', `the API answers with status ${status}`);
}

/** The API itself answers in JSON. */
function isWebPage({ headers }: Response): boolean {
  return /^text\/html\b/i.test(headers.get('content-type') ?? '');
}

function redirectText(status: number, location: string | null): string {
  const target = location !== null && URL.canParse(location) ? new URL(location) : undefined;
  const place = target ? ` to ${`${target.host}${target.pathname}`.slice(0, MAX_LOCATION_LENGTH)}` : '';
  return `the API redirects${place} (${status}), which is not followed`;
}

function parse(text: string) {
  try {
    return { ok: true, body: JSON.parse(text) as unknown } as const;
  } catch {
    // The parser's message quotes the body, which must not be logged.
    return failure('not_json', `the body (${text.length} characters) is not JSON`);
  }
}

function failure(reason: RequestFailure, detail: string) {
  return { ok: false, reason, detail } as const;
}
