import { createHash } from 'node:crypto';
import { backoff } from '@repo/common/backoff';
import type { RefreshedTokens, StoredLogin } from './login-store.ts';

const FIRST_BACKOFF_MS = 5 * 60_000;
const MAX_BACKOFF_MS = 6 * 3_600_000;

/** A failed refresh, with its consequence for the next one with the same refresh token. */
export interface RefreshFailure {
  /** See {@link fingerprint}. */
  readonly refreshToken: string;
  /** Failures in a row. */
  readonly count: number;
  /** Absent if the token endpoint has rejected this refresh token for good. */
  readonly retryAt?: number;
  /** For people. */
  readonly detail: string;
}

/** A digest that identifies a token without revealing it. */
export function fingerprint(token: { reveal(): string }): string {
  return createHash('sha256').update(token.reveal()).digest('hex');
}

/** Decides if an access token expires within the leeway. An unknown expiry is due: a refresh reveals it. */
export function isDue({ expiresAt }: StoredLogin, leewayMs: number, now: number): boolean {
  return expiresAt === undefined || expiresAt - leewayMs <= now;
}

/** Decides if an earlier failure forbids to use the refresh token now. */
export function isHeldBack(failure: RefreshFailure, refreshToken: string, now: number): boolean {
  if (failure.refreshToken !== refreshToken) return false;
  // A time further ahead was recorded while the clock was wrong.
  return failure.retryAt === undefined || (failure.retryAt > now && failure.retryAt <= now + MAX_BACKOFF_MS);
}

/** The time of the next attempt after `count` failures in a row. */
export function retryAt(count: number, retryAfterMs: number | undefined, now: number): number {
  const wait = Math.max(backoff(count, FIRST_BACKOFF_MS, MAX_BACKOFF_MS), retryAfterMs ?? 0);
  return now + Math.min(wait, MAX_BACKOFF_MS);
}

/**
 * Decides if a login still needs the tokens that its refresh token (`tradedIn`, a fingerprint) was exchanged for: it has
 * that refresh token, or some of the new tokens. Otherwise somebody has put newer tokens there.
 */
export function stillNeedsTokens(login: StoredLogin, tradedIn: string, tokens: RefreshedTokens): boolean {
  if (!login.refreshToken) return false;
  const present = fingerprint(login.refreshToken);
  if (!tokens.refreshToken) {
    const { expiresAt = 0 } = login;
    const isOlder = expiresAt === Number.POSITIVE_INFINITY || expiresAt < tokens.expiresAt;
    return present === tradedIn && isOlder && login.accessToken.reveal() !== tokens.accessToken.reveal();
  }
  if (present !== tradedIn && present !== fingerprint(tokens.refreshToken)) return false;
  const isComplete =
    present !== tradedIn &&
    login.accessToken.reveal() === tokens.accessToken.reveal() &&
    login.expiresAt === tokens.expiresAt;
  return !isComplete;
}
