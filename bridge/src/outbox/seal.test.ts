import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSeal, deriveKey } from './seal.ts';

const key = Buffer.alloc(32, 1);
const seal = createSeal(key);

test('what was sealed can be opened with the same key and context, and shows nothing of itself', () => {
  const sealed = seal.seal('The disk of db-1 is full – 🔥', 'txn-1');
  expect(createSeal(key).open(sealed, 'txn-1')).toBe('The disk of db-1 is full – 🔥');
  expect(sealed.includes('disk')).toBe(false);
});

test('another key or another context opens nothing', () => {
  const sealed = seal.seal('text', 'txn-1');
  expect(() => seal.open(sealed, 'txn-2')).toThrow('Unsupported state or unable to authenticate data');
  expect(() => createSeal(Buffer.alloc(32, 2)).open(sealed, 'txn-1')).toThrow('unable to authenticate data');
});

test('one changed bit anywhere, or a cut at any place, is noticed', { timeout: 120_000 }, () => {
  const sealed = seal.seal('text', 'txn-1');
  fc.assert(
    fc.property(fc.nat({ max: sealed.length * 8 - 1 }), (bit) => {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => seal.open(changed, 'txn-1')).toThrow();
    }),
  );
  for (let length = 0; length < sealed.length; length++) {
    expect(() => seal.open(sealed.subarray(0, length), 'txn-1')).toThrow();
  }
});

test('the same text sealed twice looks different each time', () => {
  expect(seal.seal('text', 'c').equals(seal.seal('text', 'c'))).toBe(false);
});

test('a fingerprint is the same for the same parts, and another for others, however they are divided', () => {
  const print = seal.fingerprint('room', 'receiver', 'key');
  expect(createSeal(key).fingerprint('room', 'receiver', 'key')).toBe(print);
  expect(print).toMatch(/^[0-9a-f]{64}$/);
  const others = [
    seal.fingerprint('room', 'receiverkey', ''),
    seal.fingerprint('roomreceiver', 'key'),
    seal.fingerprint('room","receiver', 'key'),
    createSeal(Buffer.alloc(32, 2)).fingerprint('room', 'receiver', 'key'),
  ];
  expect(new Set([print, ...others]).size).toBe(5);
});

test('each purpose has a separate key, and none is the storage key', () => {
  const [one, other] = [deriveKey(key, 'one'), deriveKey(key, 'other')];
  expect([one.length, other.length]).toEqual([32, 32]);
  expect(one.equals(other) || one.equals(key)).toBe(false);
  expect(deriveKey(key, 'one').equals(one)).toBe(true);
});
