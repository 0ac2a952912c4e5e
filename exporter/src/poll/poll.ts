import type { AccountState } from '../account/account-state.ts';
import type { PollOutcome } from '../account/poll-outcome.ts';
import { blockedUntil } from '../account/poll-policy.ts';
import type { PollResult } from '../account/poll-result.ts';
import type { Account } from '../config/config.ts';
import type { CredentialResult } from '../credentials/credentials.ts';
import type { CredentialReader } from '../credentials/read-credentials.ts';
import { describeErrors, parseUsageBody } from '../usage/usage-body.ts';
import { requestUsage, type UsageResponse } from '../usage/usage-request.ts';

export interface PollPorts {
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly readCredentials: CredentialReader;
  /** Logs the request durably; called right before it is sent. Throws when it must not be sent. */
  readonly recordRequest: (account: string, at: number) => void;
}

export interface PollSettings {
  readonly userAgent: string;
  readonly timeoutMs: number;
}

/** One poll from the credentials to the account's next state. Throws only when `signal` aborts, or when nothing can be stored. */
export async function pollAccount(
  account: Account,
  before: AccountState,
  settings: PollSettings,
  ports: PollPorts,
  signal: AbortSignal,
): Promise<PollResult> {
  const { name, endpoint } = account;
  const credentials = await ports.readCredentials(account);
  // Only now, because a renewal may have taken its time.
  const startedAt = ports.now();
  // Polled again, so a block is over; and what the credentials say now replaces what they said before.
  const { blockedUntil: _over, accessTokenExpiresAt: _token, loginExpiresAt: _login, ...rest } = before;
  const known = { ...rest, ...expiries(credentials) };
  if (!credentials.ok) {
    const state = failed(known, startedAt, credentials.reason, credentials.detail);
    return { state, outcome: credentials.reason, requested: false, durationMs: 0, schemaErrors: [] };
  }
  ports.recordRequest(name, startedAt);
  const response = await requestUsage({ endpoint, token: credentials.token, ...settings, ...ports, signal });
  const at = ports.now();
  const finished = { requested: true, durationMs: at - startedAt };
  const asked = { ...known, requests: [...known.requests, startedAt], ...clockSkew(response, startedAt, at) };
  if (!response.ok) {
    const { reason, detail } = response;
    if (reason === 'unauthorized' || reason === 'forbidden') credentials.reject?.(reason);
    const remedy = reason === 'unauthorized' && credentials.remedy ? `; ${credentials.remedy}` : '';
    const state = failed(asked, at, reason, `${detail}${remedy}`);
    const blocked = response.reason === 'rate_limited' ? { blockedUntil: blockedUntil(at, response.retryAfterMs) } : {};
    return { ...finished, state: { ...state, ...blocked }, outcome: response.reason, schemaErrors: [] };
  }
  const report = parseUsageBody(response.body, at);
  if (!report || (report.windows.length === 0 && report.schemaErrors.length > 0)) {
    const schemaErrors = report?.schemaErrors ?? [];
    const detail = describeErrors(schemaErrors) || 'the body has no section of a usage answer';
    return { ...finished, state: failed(asked, at, 'wrong_shape', detail), outcome: 'wrong_shape', schemaErrors };
  }
  const { schemaErrors, ...usage } = report;
  const state = {
    ...asked,
    lastPoll: { at, outcome: 'success' },
    snapshot: { fetchedAt: at, ...usage },
    failures: 0,
  } as const;
  return { ...finished, state, outcome: 'success', schemaErrors };
}

export function failed(state: AccountState, at: number, outcome: PollOutcome, detail: string): AccountState {
  return { ...state, lastPoll: { at, outcome, detail }, failures: state.failures + 1 };
}

function expiries({ expiresAt, loginExpiresAt }: CredentialResult): Partial<AccountState> {
  return {
    ...(expiresAt === undefined ? {} : { accessTokenExpiresAt: expiresAt }),
    ...(loginExpiresAt === undefined ? {} : { loginExpiresAt }),
  };
}

// The Date header has whole seconds, so half a second of the difference is rounding.
function clockSkew({ serverTime }: UsageResponse, startedAt: number, at: number): Partial<AccountState> {
  return serverTime === undefined ? {} : { clockSkewMs: serverTime + 500 - (startedAt + at) / 2 };
}
