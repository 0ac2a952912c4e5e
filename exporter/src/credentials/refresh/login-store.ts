import type { Secret } from '@repo/common/secret';
import { CredentialError } from '../credentials.ts';
import { timeSchema, tokenSchema } from '../login-fields.ts';

/** The part with the end of the login: a file of the directory, or a key of the Secret. */
const LOGIN_EXPIRY_PART = 'refreshTokenExpiresAt';
export const TOKENS_REMEDY = 'put accessToken and expiresAt of a login there';

/** A login that is stored for the exporter. Times are in milliseconds since the epoch. */
export interface StoredLogin {
  readonly accessToken: Secret;
  /** If present, the login is dedicated to the exporter, and nobody else refreshes it. */
  readonly refreshToken?: Secret;
  /** Infinity for a token without an end. */
  readonly expiresAt?: number;
  readonly loginExpiresAt?: number;
}

/** The result of a refresh. */
export interface RefreshedTokens {
  readonly accessToken: Secret;
  /** Absent if the old one stays valid. */
  readonly refreshToken?: Secret;
  readonly expiresAt: number;
}

/** A login that nobody else can refresh until this is disposed of. */
export interface ClaimedLogin extends AsyncDisposable {
  read(): Promise<StoredLogin>;
  /**
   * Replaces the tokens that were read last; returns `false` if somebody has changed them since.
   * @throws CredentialError
   */
  write(tokens: RefreshedTokens): Promise<boolean>;
}

export interface LoginStore {
  /** The directory or the Secret, for people. */
  readonly place: string;
  /** @throws CredentialError */
  read(): Promise<StoredLogin>;
  /**
   * Claims the login for a refresh, and ensures that new tokens can be written back; returns `undefined` while another
   * exporter has claimed it.
   * @throws CredentialError
   */
  claim(): Promise<ClaimedLogin | undefined>;
}

/**
 * Parses a login from its parts; `nameOf` names the place of a part, for people.
 * @throws CredentialError
 */
export function parseStoredLogin(
  read: (part: string) => string | undefined,
  nameOf: (part: string) => string,
): StoredLogin {
  const token = (part: string) => {
    const text = read(part)?.trim();
    if (!text) return undefined;
    const parsed = tokenSchema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new CredentialError('malformed_credentials', `${nameOf(part)} is not one line of printable characters`);
  };
  const time = (part: string) => {
    const text = read(part)?.trim();
    if (!text) return undefined;
    if (Number(text) === 0) return Number.POSITIVE_INFINITY;
    const parsed = timeSchema.safeParse(Number(text));
    if (parsed.success) return parsed.data;
    const detail = `${nameOf(part)} is not a time in milliseconds since the epoch`;
    throw new CredentialError('malformed_credentials', detail);
  };
  const accessToken = token('accessToken');
  if (!accessToken) {
    const lack = read('accessToken') === undefined ? 'does not exist' : 'is empty';
    throw new CredentialError('no_credentials', `${nameOf('accessToken')} ${lack}`, TOKENS_REMEDY);
  }
  const [refreshToken, expiresAt, loginExpiresAt] = [token('refreshToken'), time('expiresAt'), time(LOGIN_EXPIRY_PART)];
  return {
    accessToken,
    ...(refreshToken ? { refreshToken } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(loginExpiresAt === undefined || loginExpiresAt === Number.POSITIVE_INFINITY ? {} : { loginExpiresAt }),
  };
}

/** The parts that a refresh changes, in the order in which they must reach the disk. */
export function changedParts({ refreshToken, accessToken, expiresAt }: RefreshedTokens): [string, string][] {
  // The new refresh token is the only part that cannot be requested again. With it, an old access token is refreshed
  // once more when it expires, and a new access token with the old expiry is refreshed too early.
  return [
    ...(refreshToken ? [['refreshToken', refreshToken.reveal()] satisfies [string, string]] : []),
    ['accessToken', accessToken.reveal()],
    ['expiresAt', String(expiresAt)],
  ];
}
