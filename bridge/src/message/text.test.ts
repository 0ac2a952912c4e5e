import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanLines, oneLine, webAddress } from './text.ts';

test.each([
  ['two\nlines\r\nand\ttabs', 'two lines and tabs'],
  ['  around  ', 'around'],
  ['separators\u2028and\u2029more\u0085here', 'separators and morehere'],
  ['bell\u0007 escape\u001b[31m c1\u009b', 'bell escape[31m c1'],
  ['abc\u202edcba\u202c \u2066x\u2069 \u200e\u200f\u061c\ufeff', 'abcdcba x'],
  ['grün 🔥 日本', 'grün 🔥 日本'],
])('%j becomes the line %j', (text, line) => {
  expect(oneLine(text, 100)).toBe(line);
});

test.each([
  ['abcde', 5, 'abcde'],
  ['abcdef', 5, 'abcd…'],
  ['🔥🔥🔥', 3, '🔥🔥🔥'],
  ['🔥🔥🔥🔥', 3, '🔥🔥…'],
  ['🔥'.repeat(100_000), 3, '🔥🔥…'],
  [`x${'🔥'.repeat(100_000)}`, 3, 'x🔥…'],
])('a text is cut by characters: %#', (text, most, cut) => {
  expect(oneLine(text, most)).toBe(cut);
});

test('whatever the text, the line has no more characters than allowed and no control or direction marks', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (text, most) => {
      const line = oneLine(text, most);
      expect([...line].length).toBeLessThanOrEqual(most);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    }),
  );
});

test.each([
  ['https://example.org/a?b=c#d', 'https://example.org/a?b=c#d'],
  ['http://EXAMPLE.org', 'http://example.org/'],
  ['https://example.org/"onclick="x', 'https://example.org/%22onclick=%22x'],
  ['https://example.org/a b\nc', 'https://example.org/a%20bc'],
  ['javascript:alert(1)', undefined],
  [' JaVaScRiPt:alert(1)', undefined],
  ['data:text/html,x', undefined],
  ['file:///etc/passwd', undefined],
  ['https://user@example.org', undefined],
  ['https://:password@example.org', undefined],
  ['//example.org', undefined],
  ['example.org', undefined],
  ['', undefined],
  [undefined, undefined],
  [`https://example.org/${'a'.repeat(980)}`, `https://example.org/${'a'.repeat(980)}`],
  [`https://example.org/${'a'.repeat(981)}`, undefined],
  [`https://example.org/${'日'.repeat(200)}`, undefined],
])('the address %j is linked to as %j', (text, href) => {
  expect(webAddress(text)).toBe(href);
});

test.each([
  ['https://matrix.to/#/@admin:example.org', undefined],
  ['https://www.matrix.to/#/!room:example.org', undefined],
  ['https://MATRIX.TO./#/@admin:example.org', undefined],
  ['https://notmatrix.to/x', 'https://notmatrix.to/x'],
])('the address %s, which clients may draw as a pill, is linked to as %j', (text, href) => {
  expect(webAddress(text)).toBe(href);
});

test('a text of several lines keeps them, without blank ones', () => {
  const limits = { maxLines: 3, maxCharacters: 20 };
  expect(cleanLines('one\r\n\n two \u2028three', limits)).toEqual(['one', 'two', 'three']);
  expect(cleanLines('a\nb\nc\nd', limits)).toEqual(['a', 'b', 'c …']);
  expect(cleanLines(`${'x'.repeat(15)}\n${'y'.repeat(15)}\nz`, limits)).toEqual(['x'.repeat(15), 'yyyy… …']);
  expect(cleanLines('\n \n', limits)).toEqual([]);
});
