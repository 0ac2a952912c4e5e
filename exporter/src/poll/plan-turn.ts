import { describeError } from '@repo/common/logger';
import type { AccountState } from '../account/account-state.ts';
import { blocksAfter } from '../account/poll-policy.ts';
import type { Account } from '../config/config.ts';
import type { CredentialReader } from '../credentials/read-credentials.ts';
import type { History } from '../history/history.ts';
import { parseProfile } from '../usage/profile-body.ts';
import { requestProfile } from '../usage/usage-request.ts';
import type { PollSettings } from './poll.ts';

export interface PlanPorts {
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly readCredentials: CredentialReader;
  readonly history: Pick<History, 'claimRequest' | 'saveState'>;
  readonly events: { planAsked(account: string, trouble: string | undefined): void };
}

const DAY_MS = 24 * 3_600_000;

/** Returns true if the account's plan should be requested: once a day, and only while the login works. */
export function isPlanDue({ lastPoll, plan }: AccountState, now: number): boolean {
  // A time in the future was stored while the clock was wrong.
  return lastPoll?.outcome === 'success' && (!plan || Math.abs(now - plan.askedAt) >= DAY_MS);
}

/**
 * Requests the plan instead of a poll, so that the limits on requests need no exception. Returns the next state, or
 * `undefined` if nothing was requested and the turn is left for a poll. Never throws: a missing plan must not cost a poll.
 */
export async function askPlan(
  account: Account,
  before: AccountState,
  settings: PollSettings,
  { now, fetch, readCredentials, history, events }: PlanPorts,
  signal: AbortSignal,
): Promise<AccountState | undefined> {
  let next: AccountState | undefined;
  try {
    const credentials = await readCredentials(account);
    const askedAt = now();
    if (!credentials.ok || !history.claimRequest(account.name, askedAt, account.limits).granted) return undefined;
    const asking = {
      ...before,
      requests: [...before.requests, askedAt],
      plan: { ...before.plan, askedAt },
    };
    // Saved before the request, so that a crash does not lead to another one today.
    history.saveState(asking);
    next = asking;
    const { endpoint } = account;
    const response = await requestProfile({ endpoint, token: credentials.token, ...settings, now, fetch, signal });
    const plan = response.ok ? parseProfile(response.body) : undefined;
    events.planAsked(account.name, plan ? undefined : response.ok ? 'the profile names no plan' : response.detail);
    if (plan) next = { ...asking, plan: { askedAt, ...plan } };
    // A 429 or 403 applies to the usage endpoint as well.
    if (!response.ok) next = { ...asking, ...blocksAfter(response, now()) };
    history.saveState(next);
  } catch (error) {
    if (!signal.aborted) events.planAsked(account.name, describeError(error));
  }
  return next;
}
