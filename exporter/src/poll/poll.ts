import type { AccountState } from '../account/account-state.ts';
import type { PollOutcome } from '../account/poll-outcome.ts';
import { blocksAfter } from '../account/poll-policy.ts';
import type { PollResult } from '../account/poll-result.ts';
import type { Account } from '../config/config.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { CredentialReader } from '../credentials/read-credentials.ts';
import { describeErrors, parseUsageBody } from '../usage/usage-body.ts';
import { requestUsage, type UsageResponse } from '../usage/usage-request.ts';
import { forgetLogin, hashOrganization, isOtherLogin } from './login-change.ts';

export interface PollPorts {
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly readCredentials: CredentialReader;
  /** Logs the request durably right before it is sent. @throws if it must not be sent */
  readonly claimRequest: (account: string, at: number) => void;
}

export interface PollSettings {
  readonly userAgent: string;
  readonly timeoutMs: number;
}

/**
 * Polls once, from the credentials to the account's next state.
 * @throws only if `signal` aborts, if the request must not be sent, or if nothing can be stored
 */
export async function pollAccount(
  account: Account,
  before: AccountState,
  settings: PollSettings,
  ports: PollPorts,
  signal: AbortSignal,
): Promise<PollResult> {
  const { name, endpoint } = account;
  const credentials = await ports.readCredentials(account);
  // Taken after the credentials, because refreshing them may take time.
  const startedAt = ports.now();
  const known = { ...withoutExpired(before), ...expiries(credentials) };
  const keep = (organization?: string) =>
    isOtherLogin(before, account, credentials, organization) ? forgetLogin(known, startedAt) : known;
  if (!credentials.ok) {
    const state = failed(keep(), startedAt, credentials.reason, credentials.detail);
    return { state, outcome: credentials.reason, requested: false, durationMs: 0, schemaErrors: [] };
  }
  ports.claimRequest(name, startedAt);
  const response = await requestUsage({ endpoint, token: credentials.token, ...settings, ...ports, signal });
  const at = ports.now();
  const finished = { requested: true, durationMs: at - startedAt };
  const organization = organizationOf(response);
  const asked = {
    ...keep(organization),
    requests: [...known.requests, startedAt],
    ...clockSkew(response, startedAt, at),
    ...(organization === undefined ? {} : { organization }),
  };
  if (!response.ok) {
    const { reason, detail } = response;
    if (reason === 'unauthorized' || reason === 'forbidden') credentials.reject?.(reason);
    const remedy = reason === 'unauthorized' && credentials.remedy ? `; ${credentials.remedy}` : '';
    const state = { ...failed(asked, at, reason, `${detail}${remedy}`), ...blocksAfter(response, at) };
    return { ...finished, state, outcome: reason, schemaErrors: [] };
  }
  const report = parseUsageBody(response.body, at);
  if (!report || (report.windows.length === 0 && report.schemaErrors.length > 0)) {
    const schemaErrors = report?.schemaErrors ?? [];
    const detail = describeErrors(schemaErrors) || 'the body has no section of a usage answer';
    return { ...finished, state: failed(asked, at, 'wrong_shape', detail), outcome: 'wrong_shape', schemaErrors };
  }
  const { schemaErrors, isComplete, ...usage } = report;
  const state = {
    ...asked,
    lastPoll: { at, outcome: 'success' },
    snapshot: { fetchedAt: at, ...usage },
    failures: 0,
    ...(isComplete ? { completeAt: at } : {}),
  } as const;
  return { ...finished, state, outcome: 'success', schemaErrors };
}

export function failed(state: AccountState, at: number, outcome: PollOutcome, detail: string): AccountState {
  return { ...state, lastPoll: { at, outcome, detail }, failures: state.failures + 1 };
}

// A poll means that blocks are over. The expiries are those of the current credentials.
function withoutExpired(state: AccountState): AccountState {
  const {
    blockedUntil: _block,
    pausedUntil: _pause,
    accessTokenExpiresAt: _token,
    loginExpiresAt: _login,
    ...rest
  } = state;
  return rest;
}

function expiries({ expiresAt, loginExpiresAt }: Partial<Credentials>): Partial<AccountState> {
  return {
    ...(expiresAt === undefined ? {} : { accessTokenExpiresAt: expiresAt }),
    ...(loginExpiresAt === undefined ? {} : { loginExpiresAt }),
  };
}

function organizationOf(response: UsageResponse): string | undefined {
  return response.ok && response.organization !== undefined ? hashOrganization(response.organization) : undefined;
}

// The Date header has whole seconds, so half a second of the difference is rounding.
function clockSkew({ serverTime }: UsageResponse, startedAt: number, at: number): Partial<AccountState> {
  return serverTime === undefined ? {} : { clockSkewMs: serverTime + 500 - (startedAt + at) / 2 };
}
