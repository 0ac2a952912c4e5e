import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasMoreValuesThan } from './json-size.ts';

function countSeparators(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = Object.values(value);
  const own = 1 + Math.max(0, members.length - 1) + (Array.isArray(value) ? 0 : members.length);
  return own + members.reduce<number>((sum, member) => sum + countSeparators(member), 0);
}

test('the count is that of the separators outside of texts', { timeout: 120_000 }, () => {
  const odd = fc.string({ unit: fc.constantFrom('"', '\\', ',', ':', '[', '{', 'ä') });
  const json = fc.oneof(fc.jsonValue(), fc.array(odd), fc.dictionary(odd, odd));
  fc.assert(
    fc.property(json, (value) => {
      const text = JSON.stringify(value);
      const count = countSeparators(JSON.parse(text));
      const body = Buffer.from(text);
      expect(hasMoreValuesThan(count, body)).toBe(false);
      if (count > 0) expect(hasMoreValuesThan(count - 1, body)).toBe(true);
    }),
  );
});
