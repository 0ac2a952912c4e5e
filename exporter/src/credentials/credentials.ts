import type { Secret } from '@repo/common/secret';

/** What a poll needs of a login. Times are in milliseconds since the epoch. */
export interface Credentials {
  readonly token: Secret;
  /** When the access token stops working. */
  readonly expiresAt?: number;
  /** When the login as a whole ends, whatever is refreshed until then. */
  readonly loginExpiresAt?: number;
}

export const CREDENTIAL_FAILURES = [
  'no_credentials',
  'unreadable_credentials',
  'malformed_credentials',
  'scope_missing',
  'token_expired',
] as const;
export type CredentialFailure = (typeof CREDENTIAL_FAILURES)[number];

export type CredentialResult =
  | ({ readonly ok: true } & Credentials)
  | ({ readonly ok: false; readonly reason: CredentialFailure; readonly detail: string } & Partial<Credentials>);

/** Credentials that can't be had, or tokens that can't be put back; the message is a sentence for people. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly reason: CredentialFailure;
  /** What is known of the login all the same. */
  readonly known: Partial<Credentials>;

  constructor(reason: CredentialFailure, message: string, known: Partial<Credentials> = {}) {
    super(message);
    this.reason = reason;
    this.known = known;
  }
}
