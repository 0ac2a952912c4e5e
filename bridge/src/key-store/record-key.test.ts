import { expect, test } from 'vitest';
import { decodeKey, encodeKey, type IdbKey } from './record-key.ts';

const keys: [IdbKey, string][] = [
  ['plain', '"plain"'],
  ['', '""'],
  ['NUL \0 and a lone surrogate \ud800', '"NUL \\u0000 and a lone surrogate \\ud800"'],
  [1.5, '1.5'],
  [Number.NEGATIVE_INFINITY, '{"infinity":-1}'],
  [new Date(5), '{"date":5}'],
  [new Uint8Array([0, 255]).buffer, '{"binary":"AP8="}'],
  [['room', [2, new Uint8Array([1]).buffer]], '{"array":["room",{"array":[2,{"binary":"AQ=="}]}]}'],
];

test.each(keys)('%o becomes text and comes back', (key, text) => {
  expect(encodeKey(key)).toBe(text);
  expect(decodeKey(text)).toEqual(key);
});

test('keys that IndexedDB holds equal become the same text', () => {
  expect(encodeKey(-0)).toBe(encodeKey(0));
});

test('keys of different types stay different', () => {
  expect(new Set([1, '1', new Date(1), [1]].map((key) => encodeKey(key as IdbKey))).size).toBe(4);
});
