import { expect, test } from 'vitest';
import { killScanner } from '../crash/transcript-kills.ts';

const KILLS = 500;

test(`counters survive ${KILLS} kills`, { timeout: 3_600_000 }, async () => {
  const { outputs, final, truth } = await killScanner(KILLS, Math.random);
  expect(outputs).toEqual(outputs.toSorted((a, b) => a - b));
  expect(final).toEqual(truth);
});
