import { expect, test } from 'vitest';
import { killAroundCommit, killAtRandom } from '../crash/kill-loops.ts';
import { FLAWLESS } from '../crash/verdict.ts';

const KILLS = 1_000;
const COMMITS = 80;

test(`${KILLS} kills at random moments leave no trace in the room`, async () => {
  const { verdict, problems } = await killAtRandom(KILLS, (kills, soFar) => {
    if (kills % 50 === 0) console.log(`${kills} kills`, soFar);
  });
  expect(problems).toEqual([]);
  expect(verdict).toMatchObject(FLAWLESS);
  expect(verdict.events).toBeGreaterThan(KILLS);
});

test(`kills around each of the first ${COMMITS} commits of a new bot leave no trace in the room`, async () => {
  for (let commit = 1; commit <= COMMITS; commit++) {
    for (const { verdict, problems } of await killAroundCommit(commit)) {
      expect(problems).toEqual([]);
      expect(verdict).toMatchObject(FLAWLESS);
      expect(verdict.events).toBeGreaterThanOrEqual(3);
    }
    if (commit % 10 === 0) console.log(`kills around ${commit} commits`);
  }
});
