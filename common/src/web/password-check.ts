import { createHmac, randomBytes } from 'node:crypto';
import { compare } from 'bcryptjs';

/** A wave of wrong passwords must not keep the program from its work; whoever comes after these is asked to come back. */
const MOST_WAITING = 8;
const MOST_REMEMBERED = 1000;

export type PasswordVerdict = 'right' | 'wrong' | 'busy';

/** Decides whether `password` belongs to `user`, given the bcrypt hashes of all users. */
export type PasswordCheck = (
  users: ReadonlyMap<string, string>,
  user: string,
  password: string,
) => Promise<PasswordVerdict>;

/**
 * bcrypt is slow on purpose, and a scraper sends the same password for ever: what was right is remembered, as a digest
 * under a key that only this process has. One comparison runs at a time.
 */
export function createPasswordCheck(matches: typeof compare = compare): PasswordCheck {
  const digestKey = randomBytes(32);
  const right = new Set<string>();
  const waiting = new Map<string, Promise<boolean>>();
  let last: Promise<unknown> = Promise.resolve();

  return async (users, user, password) => {
    // An unknown user costs as much time as a known one, so that nobody learns who is known.
    const hash = users.get(user) ?? users.values().next().value;
    if (hash === undefined) return 'wrong';
    const digest = createHmac('sha256', digestKey)
      .update(JSON.stringify([user, hash, password]))
      .digest('base64');
    if (right.has(digest)) return 'right';
    if (!waiting.has(digest) && waiting.size >= MOST_WAITING) return 'busy';
    const compared =
      waiting.get(digest) ??
      last.then(async () => (await matches(password, hash)) && users.has(user)).finally(() => waiting.delete(digest));
    waiting.set(digest, compared);
    last = compared.catch(() => undefined);
    if (!(await compared)) return 'wrong';
    if (right.size >= MOST_REMEMBERED) right.clear();
    right.add(digest);
    return 'right';
  };
}
