import type { Secret } from '@repo/common/secret';
import { SETUP_TOKEN_REMEDY } from './claude-login.ts';
import { CredentialError, type Rejection } from './credentials.ts';
import { fingerprint } from './refresh/refresh-policy.ts';

/** One refresh an hour is enough for a token that the API rejects before it expires. */
const REFRESH_PAUSE_MS = 3_600_000;
/** A few answers of 403 make the API reject every request of this host for an hour. */
const FORBIDDEN_PAUSE_MS = 24 * 3_600_000;

interface RejectedToken {
  /** See {@link fingerprint}. */
  readonly token: string;
  readonly at: number;
}

/** Tokens that the API has rejected, by account. */
export interface Rejections {
  record(account: string, token: Secret, answer: Rejection): void;
  /** Returns the fingerprint of a token that has to be refreshed although it has not expired. */
  toRefresh(account: string): string | undefined;
  /** @throws CredentialError if the API has refused to show the usage to this token */
  check(account: string, token: Secret): void;
}

export function createRejections(now: () => number): Rejections {
  const unauthorized = new Map<string, RejectedToken>();
  const forbidden = new Map<string, RejectedToken>();
  return {
    record(account, token, answer) {
      const rejected = { token: fingerprint(token), at: now() };
      if (answer === 'forbidden') forbidden.set(account, rejected);
      else if (isOver(unauthorized.get(account), REFRESH_PAUSE_MS, now())) unauthorized.set(account, rejected);
    },
    toRefresh: (account) => unauthorized.get(account)?.token,
    check(account, token) {
      const rejected = forbidden.get(account);
      if (rejected?.token !== fingerprint(token) || isOver(rejected, FORBIDDEN_PAUSE_MS, now())) return;
      const message = 'the API does not let this token read the usage (403), as is usual for `claude setup-token`';
      throw new CredentialError('scope_missing', message, SETUP_TOKEN_REMEDY);
    },
  };
}

function isOver(rejected: RejectedToken | undefined, pauseMs: number, now: number): boolean {
  // A time ahead of now was recorded while the clock was wrong.
  return rejected === undefined || Math.abs(now - rejected.at) >= pauseMs;
}
