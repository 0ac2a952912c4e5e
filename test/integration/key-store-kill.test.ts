import { expect, test } from 'vitest';
import { killAroundCommit, killAtCommit, killAtRandom } from '../crash/kill-loops.ts';
import { FLAWLESS } from '../crash/verdict.ts';

test('60 kills at random moments leave no trace in the room', async () => {
  const { verdict, problems } = await killAtRandom(60);
  expect(problems).toEqual([]);
  expect(verdict).toMatchObject(FLAWLESS);
  expect(verdict.events).toBeGreaterThan(60);
  expect(verdict.sessions).toBeGreaterThan(10);
  expect(verdict.decryptedByBot).toBeGreaterThan(30);
});

// Of the commits of a new bot the first twenty or so create its tables and its account, and from the fortieth on nearly
// every one is a message.
test.each(everyThird(50))('kills around commit %i of a new bot leave no trace in the room', async (commit) => {
  for (const { verdict, problems } of await killAroundCommit(commit)) {
    expect(problems).toEqual([]);
    expect(verdict).toMatchObject(FLAWLESS);
    expect(verdict.events).toBeGreaterThanOrEqual(3);
  }
});

test('the same checks catch a journal that commits one turn of the event loop after complete', async () => {
  let reusedIndices = 0;
  for (let commit = 40; commit < 64 && reusedIndices === 0; commit++) {
    const { verdict } = await killAtCommit({ point: 'before', commit }, { lateCommit: true });
    reusedIndices = verdict.reusedIndices;
  }
  expect(reusedIndices).toBeGreaterThan(0);
});

function everyThird(count: number): number[] {
  return Array.from({ length: Math.ceil(count / 3) }, (_, n) => 3 * n + 1);
}
