import { createHash } from 'node:crypto';
import { backoff } from '@repo/common/backoff';
import type { RefreshedTokens, StoredLogin } from './login-store.ts';

const FIRST_BACKOFF_MS = 5 * 60_000;
const MAX_BACKOFF_MS = 6 * 3_600_000;

/** A renewal that failed, and what that means for the next one with the same refresh token. */
export interface RefreshFailure {
  /** See {@link fingerprint}. */
  readonly refreshToken: string;
  /** In a row. */
  readonly count: number;
  /** Absent: never, because the token endpoint refuses this refresh token for good. */
  readonly retryAt?: number;
  /** For people. */
  readonly detail: string;
}

/** Tells one token from another without giving it away. */
export function fingerprint(token: { reveal(): string }): string {
  return createHash('sha256').update(token.reveal()).digest('hex');
}

/** Whether an access token ends within the leeway. One whose end isn't known is due, because renewing it tells. */
export function isDue({ expiresAt }: StoredLogin, leewayMs: number, now: number): boolean {
  return expiresAt === undefined || expiresAt - leewayMs <= now;
}

/** Whether an earlier failure forbids to use the refresh token now. */
export function isHeldBack(failure: RefreshFailure, refreshToken: string, now: number): boolean {
  if (failure.refreshToken !== refreshToken) return false;
  // What lies further ahead was written when the clock was wrong.
  return failure.retryAt === undefined || (failure.retryAt > now && failure.retryAt <= now + MAX_BACKOFF_MS);
}

/** When to try again after `count` failures in a row. */
export function retryAt(count: number, retryAfterMs: number | undefined, now: number): number {
  const wait = Math.max(backoff(count, FIRST_BACKOFF_MS, MAX_BACKOFF_MS), retryAfterMs ?? 0);
  return now + Math.min(wait, MAX_BACKOFF_MS);
}

/**
 * Whether a login still waits for tokens that its refresh token (`tradedIn`, a fingerprint) was traded in for: it has
 * that one yet, or some of the new tokens already. Otherwise somebody has put others there, which are newer.
 */
export function awaits(login: StoredLogin, tradedIn: string, tokens: RefreshedTokens): boolean {
  if (!login.refreshToken) return false;
  const present = fingerprint(login.refreshToken);
  if (!tokens.refreshToken) return present === tradedIn && (login.expiresAt ?? 0) < tokens.expiresAt;
  if (present !== tradedIn && present !== fingerprint(tokens.refreshToken)) return false;
  const isComplete =
    present !== tradedIn &&
    login.accessToken.reveal() === tokens.accessToken.reveal() &&
    login.expiresAt === tokens.expiresAt;
  return !isComplete;
}
