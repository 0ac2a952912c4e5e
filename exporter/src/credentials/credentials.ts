import type { Secret } from '@repo/common/secret';

/** The parts of a login that a poll needs. Times are in milliseconds since the epoch. */
export interface Credentials {
  readonly token: Secret;
  /** When the access token expires. */
  readonly expiresAt?: number;
  /** When the login as a whole ends, however often the token is refreshed. */
  readonly loginExpiresAt?: number;
}

/** A login with what to do about a token that has expired, or that the API rejects. */
export interface Reading {
  readonly credentials: Credentials;
  /** The file, item or Secret, for people. */
  readonly place: string;
  readonly expiredRemedy: string;
  readonly rejectedRemedy: string;
}

export const CREDENTIAL_FAILURES = [
  'no_credentials',
  'unreadable_credentials',
  'malformed_credentials',
  'scope_missing',
  'token_expired',
] as const;
export type CredentialFailure = (typeof CREDENTIAL_FAILURES)[number];

/** The answers of the API that say something about the token. */
export type Rejection = 'unauthorized' | 'forbidden';

export type CredentialResult =
  | ({
      readonly ok: true;
      /** The next step if the API rejects the token. */
      readonly remedy?: string;
      /** Reports that the API has rejected the token, so that it is refreshed, or not used again. */
      readonly reject?: (answer: Rejection) => void;
    } & Credentials)
  | ({ readonly ok: false; readonly reason: CredentialFailure; readonly detail: string } & Partial<Credentials>);

/** Credentials that cannot be read, or tokens that cannot be written back; the message is for people. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly reason: CredentialFailure;
  readonly remedy: string | undefined;
  /** The parts of the login that are known all the same. */
  readonly known: Partial<Credentials>;

  constructor(reason: CredentialFailure, message: string, remedy?: string, known: Partial<Credentials> = {}) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
    this.known = known;
  }

  /** The message with the remedy. */
  get detail(): string {
    return this.remedy === undefined ? this.message : `${this.message}; ${this.remedy}`;
  }
}
