import type { Secret } from '@repo/common/secret';
import { CredentialError } from '../credentials.ts';
import { timeSchema, tokenSchema } from '../login-fields.ts';

/** The name under which the end of the login is kept: a file of the directory, or a key of the Secret. */
const LOGIN_EXPIRY_PART = 'refreshTokenExpiresAt';
export const TOKENS_REMEDY = 'put accessToken and expiresAt of a login there';

/** A login as it is kept for the exporter. Times are in milliseconds since the epoch. */
export interface StoredLogin {
  readonly accessToken: Secret;
  /** Its presence says that the login is the exporter's own, to be renewed by nobody else. */
  readonly refreshToken?: Secret;
  readonly expiresAt?: number;
  readonly loginExpiresAt?: number;
}

/** What a renewal brought. */
export interface RefreshedTokens {
  readonly accessToken: Secret;
  /** Absent when the old one stays valid. */
  readonly refreshToken?: Secret;
  readonly expiresAt: number;
}

/** A login that nobody else renews at present; disposing of it lets others. */
export interface ClaimedLogin extends AsyncDisposable {
  read(): Promise<StoredLogin>;
  /**
   * Puts new tokens in place of those that were read last; `false` when somebody has changed them since.
   * @throws CredentialError
   */
  write(tokens: RefreshedTokens): Promise<boolean>;
}

export interface LoginStore {
  /** For people: the directory, or the Secret. */
  readonly place: string;
  /** @throws CredentialError */
  read(): Promise<StoredLogin>;
  /**
   * Claims the login for a renewal, and makes sure that new tokens can be put back; `undefined` while another exporter
   * is at it.
   * @throws CredentialError
   */
  claim(): Promise<ClaimedLogin | undefined>;
}

/**
 * A login from its parts; `nameOf` says for people where a part is kept.
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
    const parsed = timeSchema.safeParse(Number(text));
    if (parsed.success) return parsed.data;
    const detail = `${nameOf(part)} is not a time in milliseconds since the epoch`;
    throw new CredentialError('malformed_credentials', detail);
  };
  const accessToken = token('accessToken');
  if (!accessToken) {
    const lack = read('accessToken') === undefined ? 'does not exist' : 'is empty';
    throw new CredentialError('no_credentials', `${nameOf('accessToken')} ${lack}; ${TOKENS_REMEDY}`);
  }
  const [refreshToken, expiresAt, loginExpiresAt] = [token('refreshToken'), time('expiresAt'), time(LOGIN_EXPIRY_PART)];
  return {
    accessToken,
    ...(refreshToken ? { refreshToken } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(loginExpiresAt === undefined ? {} : { loginExpiresAt }),
  };
}

/** The parts that a renewal changes, in the order in which they must reach the disk if they can't do so at once. */
export function changedParts({ refreshToken, accessToken, expiresAt }: RefreshedTokens): [string, string][] {
  // The new refresh token is the one thing that can't be had again. With it, an old access token is renewed once more
  // when it expires; a new access token with the old expiry is renewed too early.
  return [
    ...(refreshToken ? [['refreshToken', refreshToken.reveal()] satisfies [string, string]] : []),
    ['accessToken', accessToken.reveal()],
    ['expiresAt', String(expiresAt)],
  ];
}
