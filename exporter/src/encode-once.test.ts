import { expect, test } from 'vitest';
import { createEncoder } from './encode-once.ts';

test('the same text is encoded once, and another one anew, for each slot', () => {
  const encode = createEncoder();
  const first = encode('a', 'Grüße');
  expect(first.toString()).toBe('Grüße');
  expect(encode('a', ['Grü', 'ße'].join(''))).toBe(first);
  expect(encode('b', 'Grüße')).not.toBe(first);
  expect(encode('a', 'other').toString()).toBe('other');
  expect(encode('a', 'Grüße').toString()).toBe('Grüße');
});
