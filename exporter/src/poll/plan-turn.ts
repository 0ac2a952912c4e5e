import { describeError } from '@repo/common/logger';
import type { AccountState } from '../account/account-state.ts';
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
  readonly history: Pick<History, 'recordRequest' | 'saveState'>;
  readonly events: { planAsked(account: string, trouble: string | undefined): void };
}

const DAY_MS = 24 * 3_600_000;

/** Whether the account's plan is to be asked for: once a day, and only while the login is known to work. */
export function isPlanDue({ lastPoll, plan }: AccountState, now: number): boolean {
  // A time ahead of now was noted while the clock was wrong.
  return lastPoll?.outcome === 'success' && (!plan || Math.abs(now - plan.askedAt) >= DAY_MS);
}

/**
 * Asks for the plan in place of a poll, so that no limit on requests has an exception for it. Returns the next state, or
 * `undefined` when nothing was asked and the turn is a poll's. Never throws: the plan is not worth the usage.
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
    if (!credentials.ok || !history.recordRequest(account.name, askedAt, account.limits)) return undefined;
    const asking = {
      ...before,
      requests: [...before.requests, askedAt],
      plan: { ...before.plan, askedAt },
    };
    // Before the request, so that a crash does not lead to another one today.
    history.saveState(asking);
    next = asking;
    const { endpoint } = account;
    const response = await requestProfile({ endpoint, token: credentials.token, ...settings, now, fetch, signal });
    const plan = response.ok ? parseProfile(response.body) : undefined;
    events.planAsked(account.name, plan ? undefined : response.ok ? 'the profile names no plan' : response.detail);
    if (plan) {
      next = { ...asking, plan: { askedAt, ...plan } };
      history.saveState(next);
    }
  } catch (error) {
    if (!signal.aborted) events.planAsked(account.name, describeError(error));
  }
  return next;
}
