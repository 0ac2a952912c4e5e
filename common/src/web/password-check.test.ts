import { hashSync } from 'bcryptjs';
import { expect, test } from 'vitest';
import { createPasswordCheck } from './password-check.ts';

const USERS = new Map([
  ['alice', 'hash of wonderland'],
  ['bob', 'hash of builder'],
]);

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
  expect(await check(users, 'alice', 'wonderland')).toBe('right');
  expect(await check(users, 'alice', 'wonderlanD')).toBe('wrong');
});

test('the hash of `htpasswd -B`, which begins with $2y$, is understood', async () => {
  const users = new Map([['alice', hashSync('wonderland', 4).replace(/^\$2.\$/, '$2y$')]]);
  expect(await createPasswordCheck()(users, 'alice', 'wonderland')).toBe('right');
});

test('what was right is not compared again, what was wrong is', async () => {
  const { compared, check } = instrumented();
  for (let i = 0; i < 3; i += 1) expect(await check(USERS, 'alice', 'wonderland')).toBe('right');
  for (let i = 0; i < 2; i += 1) expect(await check(USERS, 'alice', 'looking glass')).toBe('wrong');
  expect(compared).toEqual(['wonderland', 'looking glass', 'looking glass']);
});

test("a password is right for its user only, and not after the user's hash has changed", async () => {
  const { check } = instrumented();
  expect(await check(USERS, 'alice', 'wonderland')).toBe('right');
  expect(await check(USERS, 'bob', 'wonderland')).toBe('wrong');
  expect(await check(new Map([['alice', 'hash of something new']]), 'alice', 'wonderland')).toBe('wrong');
});

test('an unknown user is wrong, though it takes a comparison, even with the password of another', async () => {
  const { compared, check } = instrumented();
  expect(await check(USERS, 'mallory', 'wonderland')).toBe('wrong');
  expect(await check(USERS, 'mallory', 'wonderland')).toBe('wrong');
  expect(compared).toEqual(['wonderland', 'wonderland']);
  expect(await check(new Map(), 'mallory', 'wonderland')).toBe('wrong');
});

test('the same password at the same time is compared once', async () => {
  const { compared, check } = instrumented();
  const verdicts = await Promise.all([1, 2, 3].map(() => check(USERS, 'alice', 'wonderland')));
  expect(verdicts).toEqual(['right', 'right', 'right']);
  expect(compared).toEqual(['wonderland']);
});

test('one comparison runs at a time, eight may wait, and what was right still gets through', async () => {
  let running = 0;
  let most = 0;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const check = createPasswordCheck(async (password, hash) => {
    most = Math.max(most, ++running);
    if (password !== 'wonderland') await gate;
    running -= 1;
    return hash === `hash of ${password}`;
  });
  await check(USERS, 'alice', 'wonderland');
  const guesses = Array.from({ length: 8 }, (_, i) => check(USERS, 'alice', `guess ${i}`));
  expect(await check(USERS, 'alice', 'guess 9')).toBe('busy');
  expect(await check(USERS, 'alice', 'wonderland')).toBe('right');
  open();
  expect(await Promise.all(guesses)).toEqual(Array(8).fill('wrong'));
  expect(most).toBe(1);
  expect(await check(USERS, 'alice', 'guess 9')).toBe('wrong');
});
