import { CredentialError, type CredentialFailure, type Reading } from './credentials.ts';

/** The best explanation first. */
const RANKED: readonly CredentialFailure[] = [
  'token_expired',
  'scope_missing',
  'unreadable_credentials',
  'malformed_credentials',
  'no_credentials',
];

/** Returns the login, unless its access token has expired. @throws CredentialError */
export function requireAlive(reading: Reading, now: number): Reading {
  const { credentials, place, expiredRemedy } = reading;
  const { expiresAt } = credentials;
  if (expiresAt === undefined || expiresAt > now) return reading;
  const message = `the access token in ${place} expired at ${new Date(expiresAt).toISOString()}`;
  throw new CredentialError('token_expired', message, expiredRemedy, credentials);
}

/**
 * Returns the first login that is usable, of several places that one login may be kept in.
 * @throws CredentialError with the facts about every place, and the most helpful remedy
 */
export async function pickLogin(
  places: readonly (() => Reading | Promise<Reading>)[],
  now: () => number,
): Promise<Reading> {
  const failures: CredentialError[] = [];
  for (const read of places) {
    try {
      return requireAlive(await read(), now());
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      failures.push(error);
    }
  }
  const [best] = failures.toSorted((a, b) => RANKED.indexOf(a.reason) - RANKED.indexOf(b.reason));
  if (!best) throw new CredentialError('no_credentials', 'there is no place to look for a login');
  // Places without a login explain nothing if another place has one.
  const relevant = failures.filter(({ reason }) => reason !== 'no_credentials' || reason === best.reason);
  const facts = new Set(relevant.map(({ message }) => message));
  throw new CredentialError(best.reason, [...facts].join('; '), best.remedy, best.known);
}
