import { hashSync } from 'bcryptjs';
import { expect, test } from 'vitest';
import { createPasswordCheck } from './password-check.ts';

const USERS = new Map([
  ['alice', 'hash of wonderland'],
  ['bob', 'hash of builder'],
]);

const HOME = '127.0.0.1';

/** A check whose slow comparison the test plays; each comparison that began is on the list. */
function instrumented() {
  const compared: string[] = [];
  const check = createPasswordCheck(async (password, hash) => {
    compared.push(password);
    await Promise.resolve();
    return hash === `hash of ${password}`;
  });
  return { compared, check };
}

test('bcrypt decides', async () => {
  const users = new Map([['alice', hashSync('wonderland', 4)]]);
  const check = createPasswordCheck();
  expect(await check(users, 'alice', 'wonderland', HOME)).toBe('right');
  expect(await check(users, 'alice', 'wonderlanD', HOME)).toBe('wrong');
});

test('the hash of `htpasswd -B`, which begins with $2y$, is understood', async () => {
  const users = new Map([['alice', hashSync('wonderland', 4).replace(/^\$2.\$/, '$2y$')]]);
  expect(await createPasswordCheck()(users, 'alice', 'wonderland', HOME)).toBe('right');
});

test('what was right is not compared again, what was wrong is', async () => {
  const { compared, check } = instrumented();
  for (let i = 0; i < 3; i += 1) expect(await check(USERS, 'alice', 'wonderland', HOME)).toBe('right');
  for (let i = 0; i < 2; i += 1) expect(await check(USERS, 'alice', 'looking glass', HOME)).toBe('wrong');
  expect(compared).toEqual(['wonderland', 'looking glass', 'looking glass']);
});

test("a password is right for its user only, and not after the user's hash has changed", async () => {
  const { check } = instrumented();
  expect(await check(USERS, 'alice', 'wonderland', HOME)).toBe('right');
  expect(await check(USERS, 'bob', 'wonderland', HOME)).toBe('wrong');
  expect(await check(new Map([['alice', 'hash of something new']]), 'alice', 'wonderland', HOME)).toBe('wrong');
});

test('an unknown user is wrong, though it takes a comparison, even with the password of another', async () => {
  const { compared, check } = instrumented();
  expect(await check(USERS, 'mallory', 'wonderland', HOME)).toBe('wrong');
  expect(await check(USERS, 'mallory', 'wonderland', HOME)).toBe('wrong');
  expect(compared).toEqual(['wonderland', 'wonderland']);
  expect(await check(new Map(), 'mallory', 'wonderland', HOME)).toBe('wrong');
});

test('the same password at the same time is compared once', async () => {
  const { compared, check } = instrumented();
  const verdicts = await Promise.all([1, 2, 3].map(() => check(USERS, 'alice', 'wonderland', HOME)));
  expect(verdicts).toEqual(['right', 'right', 'right']);
  expect(compared).toEqual(['wonderland']);
});

test('one comparison runs at a time, eight of an address may wait, and what was right still gets through', async () => {
  let running = 0;
  let most = 0;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const check = createPasswordCheck(async (password, hash) => {
    most = Math.max(most, ++running);
    if (password !== 'wonderland') await gate;
    running -= 1;
    return hash === `hash of ${password}`;
  });
  await check(USERS, 'alice', 'wonderland', HOME);
  const guesses = Array.from({ length: 8 }, (_, i) => check(USERS, 'alice', `guess ${i}`, HOME));
  expect(await check(USERS, 'alice', 'guess 9', HOME)).toBe('busy');
  expect(await check(USERS, 'alice', 'wonderland', HOME)).toBe('right');
  open();
  expect(await Promise.all(guesses)).toEqual(Array(8).fill('wrong'));
  expect(most).toBe(1);
  expect(await check(USERS, 'alice', 'guess 9', HOME)).toBe('wrong');
});

test('a flood from one address delays another address by one comparison', async () => {
  const compared: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const check = createPasswordCheck(async (password, hash) => {
    await gate;
    compared.push(password);
    return hash === `hash of ${password}`;
  });
  const flood = (address: string) =>
    Array.from({ length: 20 }, (_, i) => check(USERS, 'alice', `guess ${i} from ${address}`, address));
  const guesses = [...flood('192.0.2.1'), ...flood('2001:db8::1'), ...flood('2001:db8:0:0:ffff::2')];
  const right = check(USERS, 'bob', 'builder', '198.51.100.7');
  open();
  expect(await right).toBe('right');
  expect(compared).toEqual(['guess 0 from 192.0.2.1', 'guess 0 from 2001:db8::1', 'builder']);
  const verdicts = await Promise.all(guesses);
  // The hosts of one IPv6 network share the eight places.
  expect(verdicts.filter((verdict) => verdict === 'wrong')).toHaveLength(16);
  expect(verdicts.filter((verdict) => verdict === 'busy')).toHaveLength(44);
});

test('an IPv4 address is the same address on a socket for both protocols', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const check = createPasswordCheck(async () => {
    await gate;
    return false;
  });
  const guesses = Array.from({ length: 8 }, (_, i) => check(USERS, 'alice', `guess ${i}`, '192.0.2.1'));
  expect(await check(USERS, 'alice', 'guess 8', '::ffff:192.0.2.1')).toBe('busy');
  open();
  await Promise.all(guesses);
});

test('a comparison that fails stops no other', async () => {
  const check = createPasswordCheck(async (password, hash) => {
    if (password === 'broken') throw new Error('broken');
    return hash === `hash of ${password}`;
  });
  const [broken, right] = [check(USERS, 'alice', 'broken', HOME), check(USERS, 'alice', 'wonderland', HOME)];
  await expect(broken).rejects.toThrow('broken');
  expect(await right).toBe('right');
});
