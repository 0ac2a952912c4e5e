import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareState, type StateNeeds, stateDirectories } from './state-directories.ts';

const state = mkdtempSync(join(tmpdir(), 'state-'));

/** Starts a run that leaves a file in both of its directories, and returns whether an earlier run's files are there. */
function runLeavingFiles(needs: StateNeeds) {
  const { pipeline, bridge } = stateDirectories(state, needs);
  prepareState({ pipeline, bridge }, needs);
  const files = [join(pipeline, 'file'), join(bridge, 'key')];
  const found = files.map((file) => existsSync(file));
  for (const file of files) writeFileSync(file, '');
  return found;
}

test('a login keeps its data, the demo starts without, and neither sees the data of the other', () => {
  const login = { isDemo: false, hasMatrixDevice: false };
  const demo = { isDemo: true, hasMatrixDevice: false };
  expect([login, demo, demo, login].map(runLeavingFiles)).toEqual([
    [false, false],
    [false, false],
    [false, false],
    [true, true],
  ]);
});

test('a Matrix device keeps its keys, also from one demo to the next', () => {
  const demo = { isDemo: true, hasMatrixDevice: true };
  expect([demo, demo].map(runLeavingFiles)).toEqual([
    [false, false],
    [false, true],
  ]);
});
