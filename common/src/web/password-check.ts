import { createHmac, randomBytes } from 'node:crypto';
import { compare } from 'bcryptjs';

/** Limits of waiting comparisons. Further callers are asked to retry. */
const MAX_WAITING_PER_ADDRESS = 8;
const MAX_WAITING_ADDRESSES = 64;
const MAX_REMEMBERED = 1000;

export type PasswordVerdict = 'right' | 'wrong' | 'busy';

/** Decides whether `password` belongs to `user`, given the bcrypt hashes of all users. `address` is the caller's. */
export type PasswordCheck = (
  users: ReadonlyMap<string, string>,
  user: string,
  password: string,
  address: string,
) => Promise<PasswordVerdict>;

/**
 * bcrypt is slow on purpose, and a scraper sends the same password forever: correct passwords are remembered, as digests
 * under a key that only this process has. One comparison runs at a time, and remote addresses take turns, so that a
 * flood from one address delays the others by one comparison each.
 */
export function createPasswordCheck(matches: typeof compare = compare): PasswordCheck {
  const digestKey = randomBytes(32);
  const right = new Set<string>();
  const inTurn = createTurns();

  return async (users, user, password, address) => {
    // An unknown user takes as long as a known one, so that the time does not reveal who is known.
    const hash = users.get(user) ?? users.values().next().value;
    if (hash === undefined) return 'wrong';
    const digest = createHmac('sha256', digestKey)
      .update(JSON.stringify([user, hash, password]))
      .digest('base64');
    if (right.has(digest)) return 'right';
    const compared = inTurn(shareOf(address), digest, async () => (await matches(password, hash)) && users.has(user));
    if (compared === undefined) return 'busy';
    if (!(await compared)) return 'wrong';
    if (right.size >= MAX_REMEMBERED) right.clear();
    right.add(digest);
    return 'right';
  };
}

/** Addresses that one host can choose from freely count as one: the 64 bits of an IPv6 network. */
function shareOf(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (v4 !== undefined || !address.includes(':')) return v4 ?? address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const missing = address.includes('::') ? 8 - groups.length - tail.split(':').filter(Boolean).length : 0;
  return [...groups, ...Array<string>(missing).fill('0'), ...tail.split(':')].slice(0, 4).join(':');
}

interface Comparison {
  readonly run: () => Promise<void>;
  readonly result: Promise<boolean>;
}

/** Runs one comparison at a time, in turn for each share. Returns undefined if too many wait. */
function createTurns() {
  const waiting = new Map<string, Map<string, Comparison>>();
  let isRunning = false;

  const runAll = async () => {
    isRunning = true;
    for (let next = waiting.entries().next().value; next !== undefined; next = waiting.entries().next().value) {
      const [share, queue] = next;
      for (const [key, { run }] of queue) {
        await run();
        queue.delete(key);
        break;
      }
      // A map keeps the order of insertion, so this share goes to the end.
      waiting.delete(share);
      if (queue.size > 0) waiting.set(share, queue);
    }
    isRunning = false;
  };

  return (share: string, key: string, compareNow: () => Promise<boolean>): Promise<boolean> | undefined => {
    const queue = waiting.get(share) ?? new Map<string, Comparison>();
    const same = queue.get(key);
    if (same) return same.result;
    if (queue.size >= MAX_WAITING_PER_ADDRESS) return undefined;
    if (!waiting.has(share) && waiting.size >= MAX_WAITING_ADDRESSES) return undefined;
    const { promise: result, resolve, reject } = Promise.withResolvers<boolean>();
    queue.set(key, { result, run: () => compareNow().then(resolve, reject) });
    waiting.set(share, queue);
    if (!isRunning) void runAll();
    return result;
  };
}
