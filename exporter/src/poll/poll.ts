import type { AccountState } from '../account/account-state.ts';
import { blocksAfter } from '../account/poll-policy.ts';
import type { PollResult } from '../account/poll-result.ts';
import type { Account } from '../config/config.ts';
import { SETUP_TOKEN_REMEDY } from '../credentials/claude-login.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { CredentialReader } from '../credentials/read-credentials.ts';
import type { AskClaudeCode } from '../usage/claude-code/ask-claude-code.ts';
import { requestUsage, type UsageResponse } from '../usage/usage-request.ts';
import { concludePoll, failed, withoutExpired } from './conclude-poll.ts';
import { forgetLogin, hashOrganization, isOtherLogin } from './login-change.ts';
import { pollClaudeCode } from './poll-claude-code.ts';

export interface PollPorts {
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly readCredentials: CredentialReader;
  readonly askClaudeCode: AskClaudeCode;
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
  const { name, endpoint, credentials: source } = account;
  if (source.kind === 'claude_code') return pollClaudeCode({ name, claudeCode: source }, before, ports, signal);
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
    const remedy = reason === 'forbidden' ? SETUP_TOKEN_REMEDY : reason === 'unauthorized' && credentials.remedy;
    const state = {
      ...failed(asked, at, reason, remedy ? `${detail}; ${remedy}` : detail),
      ...blocksAfter(response, at),
    };
    return { state, outcome: reason, requested: true, durationMs: at - startedAt, schemaErrors: [] };
  }
  return concludePoll({ state: asked, startedAt, at, source: 'official_api' }, response.body);
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
