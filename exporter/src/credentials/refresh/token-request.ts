import { limitAnswers } from '@repo/common/outbound/answer-limits';
import { retryAfter, TRANSPORT_FAILURES, transportFailure } from '@repo/common/outbound/http-answer';
import { Secret } from '@repo/common/secret';
import { z } from 'zod';
import { tokenSchema } from '../login-fields.ts';
import type { RefreshedTokens } from './login-store.ts';

export const TOKEN_REQUEST_FAILURES = [
  'invalid_grant',
  'rejected',
  'rate_limited',
  'server_error',
  ...TRANSPORT_FAILURES,
] as const;
export type TokenRequestFailure = (typeof TOKEN_REQUEST_FAILURES)[number];

export type TokenResponse =
  | { readonly ok: true; readonly text: Secret }
  | {
      readonly ok: false;
      readonly reason: TokenRequestFailure;
      readonly detail: string;
      readonly retryAfterMs?: number;
    };

export interface TokenRequest {
  readonly endpoint: string;
  readonly userAgent: string;
  readonly refreshToken: Secret;
  readonly timeoutMs: number;
  /** Aborting loses the answer, so it must wait for a while after the program is asked to stop. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly fetch: typeof fetch;
}

/** The client ID of Claude Code, which its logins are issued for. */
const CLIENT_ID = '9d1c250a-e61b-44d9-88ed-5944d1962f5e';
const MAX_BODY_BYTES = 64 * 1024;
/** For an answer without `expires_in`: half the shortest lifetime that was observed. */
const ASSUMED_LIFE_SECONDS = 3600;

const answerSchema = z.object({
  access_token: tokenSchema,
  refresh_token: tokenSchema.nullish(),
  // A malformed lifetime must not cost the tokens.
  expires_in: z.coerce.number().positive().max(1e9).nullish().catch(undefined),
});
const rejectionSchema = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

/** Sends a refresh token, once. The answer is not parsed here: it must be on disk before anything else happens. */
export async function requestTokens(request: TokenRequest): Promise<TokenResponse> {
  const { endpoint, userAgent, refreshToken, timeoutMs, signal, now } = request;
  try {
    const response = await limitAnswers(request.fetch, { maxBytes: MAX_BODY_BYTES, timeoutMs })(endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': userAgent,
      },
      body: JSON.stringify({
        grant_type: 'refresh_token',
        refresh_token: refreshToken.reveal(),
        client_id: CLIENT_ID,
      }),
      // Following one would send the token to another server.
      redirect: 'manual',
      signal,
    });
    const text = await response.text();
    return response.status === 200 ? { ok: true, text: Secret.of(text) } : rejection(response, text, now());
  } catch (error) {
    const { reason, detail } = transportFailure(error);
    return failure(reason, detail);
  }
}

/** Parses the tokens of an answer received at a time in milliseconds; `undefined` if it has none. */
export function parseTokens(answer: Secret, receivedAt: number): RefreshedTokens | undefined {
  const parsed = answerSchema.safeParse(parseJson(answer.reveal()));
  if (!parsed.success) return undefined;
  const { access_token, refresh_token, expires_in } = parsed.data;
  return {
    accessToken: access_token,
    ...(refresh_token ? { refreshToken: refresh_token } : {}),
    expiresAt: receivedAt + Math.floor((expires_in ?? ASSUMED_LIFE_SECONDS) * 1000),
  };
}

function rejection(response: Response, text: string, now: number): TokenResponse {
  const { status } = response;
  // Only this field: the text of an error may contain anything.
  const code = rejectionSchema.safeParse(parseJson(text)).data?.error;
  if (code === 'invalid_grant') return failure('invalid_grant', 'the refresh token is no longer valid (invalid_grant)');
  if (status === 429) {
    const retryAfterMs = retryAfter(response, now);
    const limited = failure('rate_limited', 'the token endpoint limits the request rate (429)');
    return retryAfterMs === undefined ? limited : { ...limited, retryAfterMs };
  }
  if (status >= 500) return failure('server_error', `the token endpoint has a problem (${status})`);
  return failure('rejected', `the token endpoint answers with status ${status}${code ? ` (${code})` : ''}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(reason: TokenRequestFailure, detail: string) {
  return { ok: false, reason, detail } as const;
}
