import { expect, test } from 'vitest';
import { killScanner } from './transcript-kills.ts';

test('counters of a scanner that is killed never fall, never double, and end at the truth', {
  timeout: 300_000,
}, async () => {
  const { outputs, final, truth } = await killScanner(12, Math.random);
  expect(outputs).toEqual(outputs.toSorted((a, b) => a - b));
  expect(final).toEqual(truth);
});
