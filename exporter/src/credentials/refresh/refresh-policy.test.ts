import { Secret } from '@repo/common/secret';
import { expect, test } from 'vitest';
import type { StoredLogin } from './login-store.ts';
import { fingerprint, isDue, stillNeedsTokens } from './refresh-policy.ts';

const secret = (text: string) => Secret.of(text);
const tradedIn = fingerprint(secret('refresh-0'));
const tokens = { accessToken: secret('access-1'), refreshToken: secret('refresh-1'), expiresAt: 2000 };

function login(refresh: string, access: string, expiresAt: number): StoredLogin {
  return { refreshToken: secret(refresh), accessToken: secret(access), expiresAt };
}

test.each([
  ['nothing of the new tokens', login('refresh-0', 'access-0', 1000), true],
  ['the new refresh token', login('refresh-1', 'access-0', 1000), true],
  ['both new tokens', login('refresh-1', 'access-1', 1000), true],
  ['everything', login('refresh-1', 'access-1', 2000), false],
  ['a later refresh', login('refresh-2', 'access-2', 3000), false],
  ['a new login', login('other', 'other-access', 500), false],
  ['no refresh token any more', { accessToken: secret('access-0') }, false],
])('a login with %s', (_name, present, expected) => {
  expect(stillNeedsTokens(present, tradedIn, tokens)).toBe(expected);
});

test('if the refresh token does not change, the later access token is the newer one', () => {
  const { refreshToken: _same, ...kept } = tokens;
  expect(stillNeedsTokens(login('refresh-0', 'access-0', 1999), tradedIn, kept)).toBe(true);
  expect(stillNeedsTokens(login('refresh-0', 'access-1', 2000), tradedIn, kept)).toBe(false);
  expect(stillNeedsTokens(login('refresh-0', 'access-2', 3000), tradedIn, kept)).toBe(false);
});

test('an access token is due from the start of the leeway before its expiry', () => {
  expect(isDue(login('r', 'a', 1000), 100, 899)).toBe(false);
  expect(isDue(login('r', 'a', 1000), 100, 900)).toBe(true);
});

test('a fingerprint does not reveal the token', () => {
  expect(tradedIn).toMatch(/^[0-9a-f]{64}$/);
});
