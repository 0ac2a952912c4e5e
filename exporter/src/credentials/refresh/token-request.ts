import { readAtMost, retryAfter, TRANSPORT_FAILURES, transportFailure } from '@repo/common/outbound/http-answer';
import { Secret } from '@repo/common/secret';
import { z } from 'zod';
import { tokenSchema } from '../login-fields.ts';
import type { RenewedTokens } from './login-store.ts';

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
  /** Gives the request up, whose answer is lost then: so not as soon as the program is asked to stop. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly fetch: typeof fetch;
}

/** Claude Code's, which its logins are made for. */
const CLIENT_ID = '9d1c250a-e61b-44d9-88ed-5944d1962f5e';
const MAX_BODY_BYTES = 64 * 1024;
/** Where an answer doesn't tell: half of the shortest life that an access token was ever seen to have. */
const ASSUMED_LIFE_SECONDS = 3600;

const answerSchema = z.object({
  access_token: tokenSchema,
  refresh_token: tokenSchema.nullish(),
  // Nothing about it is worth losing the tokens for.
  expires_in: z.coerce.number().positive().max(1e9).nullish().catch(undefined),
});
const refusalSchema = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

/** Trades a refresh token in, once. The answer is not looked into: it has to be on disk before anything else happens. */
export async function requestTokens(request: TokenRequest): Promise<TokenResponse> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  let response: Response | undefined;
  try {
    response = await request.fetch(request.endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': request.userAgent,
      },
      body: JSON.stringify({
        grant_type: 'refresh_token',
        refresh_token: request.refreshToken.reveal(),
        client_id: CLIENT_ID,
      }),
      // Following one would hand the token to another server.
      redirect: 'manual',
      signal: AbortSignal.any([request.signal, timeout]),
    });
    const text = await readAtMost(response, MAX_BODY_BYTES);
    if (text === undefined) return failure('too_large', `the answer has more than ${MAX_BODY_BYTES} bytes`);
    return response.status === 200 ? { ok: true, text: Secret.of(text) } : refusal(response, text, request.now());
  } catch (error) {
    const timedOutMs = timeout.aborted ? request.timeoutMs : undefined;
    const { reason, detail } = transportFailure(error, { answered: response !== undefined, timedOutMs });
    return failure(reason, detail);
  }
}

/** The tokens in an answer that was received at a time in milliseconds; `undefined` if there are none. */
export function parseTokens(answer: Secret, receivedAt: number): RenewedTokens | undefined {
  const parsed = answerSchema.safeParse(parseJson(answer.reveal()));
  if (!parsed.success) return undefined;
  const { access_token, refresh_token, expires_in } = parsed.data;
  return {
    accessToken: access_token,
    ...(refresh_token ? { refreshToken: refresh_token } : {}),
    expiresAt: receivedAt + Math.floor((expires_in ?? ASSUMED_LIFE_SECONDS) * 1000),
  };
}

function refusal(response: Response, text: string, now: number): TokenResponse {
  const { status } = response;
  // By the field alone: the text of an error may speak of anything.
  const code = refusalSchema.safeParse(parseJson(text)).data?.error;
  if (code === 'invalid_grant')
    return failure('invalid_grant', 'the refresh token is not valid any more (invalid_grant)');
  if (status === 429) {
    const retryAfterMs = retryAfter(response, now);
    const limited = failure('rate_limited', 'the token endpoint asks for fewer requests (429)');
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
