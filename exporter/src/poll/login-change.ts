import { createHash } from 'node:crypto';
import type { AccountState } from '../account/account-state.ts';
import type { Account } from '../config/config.ts';
import type { Credentials } from '../credentials/credentials.ts';

/** A login's end never moves, whatever is refreshed, so another end is another `/login`. */
const SAME_LOGIN_MS = 60_000;

/**
 * Returns true if the place that is polled now holds another account's login. The organization of the answer decides;
 * without one, a new `/login` of Claude Code counts as another account, because old data must not pass for its data.
 */
export function isOtherLogin(
  before: AccountState,
  account: Pick<Account, 'credentials'>,
  { loginExpiresAt }: Partial<Credentials>,
  organization: string | undefined,
): boolean {
  if (before.organization !== undefined && organization !== undefined) return before.organization !== organization;
  const isClaudeCodes = account.credentials.kind === 'claude_config_dir' || account.credentials.kind === 'keychain';
  if (!isClaudeCodes || before.loginExpiresAt === undefined || loginExpiresAt === undefined) return false;
  return Math.abs(before.loginExpiresAt - loginExpiresAt) > SAME_LOGIN_MS;
}

/** Drops everything that belongs to the previous login. */
export function forgetLogin(state: AccountState, at: number): AccountState {
  const {
    snapshot: _usage,
    windowStarts: _starts,
    plan: _plan,
    completeAt: _windows,
    organization: _organization,
    ...rest
  } = state;
  return { ...rest, loginSince: at };
}

/** Returns a hash of the organization's identifier, which suffices to compare. */
export function hashOrganization(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}
