import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AccountState } from '../account/account-state.ts';
import { openHistory } from './history.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-07-22T00:00:00Z');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thinning-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = () => join(directory, 'history.sqlite');

/** Stores a sample every five minutes of some days, as a program without thinning did. */
function record(fromDay: number, toDay: number): void {
  using _created = openHistory(path(), NOW);
  using database = new DatabaseSync(path());
  const insert = database.prepare("INSERT INTO samples VALUES ('work', 'seven_day', ?, ?, ?, 'official_api')");
  database.exec('BEGIN');
  for (let at = NOW + fromDay * DAY; at < NOW + toDay * DAY; at += 5 * MINUTE) {
    // The reset differs by two seconds between two samples, across the full minute.
    const period = Math.ceil((at + 1) / (7 * DAY)) * 7 * DAY;
    insert.run(at, (at % (7 * DAY)) / DAY, period - 1000 + 2000 * ((at / (5 * MINUTE)) % 2));
  }
  database.exec('COMMIT');
}

/** Polls as often as it takes to thin out everything. */
function poll(times: number, more: Partial<AccountState> = {}): void {
  using history = openHistory(path(), NOW);
  for (let i = 0; i < times; i += 1) {
    const snapshot = { fetchedAt: NOW, windows: [{ window: 'seven_day', percent: 1 }], unknownKeys: [] };
    history.saveState({ account: 'work', failures: 0, requests: [], snapshot, ...more });
  }
}

function samplesOf(fromDay: number, toDay: number): number {
  using history = openHistory(path(), NOW);
  return history.samplesSince('work', 'seven_day', NOW + fromDay * DAY).filter(({ at }) => at < NOW + toDay * DAY)
    .length;
}

test('the last two weeks stay, older samples are thinned to one in 15 minutes, and old ones to one an hour', () => {
  record(-120, 0);
  poll(120);
  expect(samplesOf(-14, 0)).toBe(14 * 288);
  // Each reset within a step keeps a sample of both periods.
  expect(samplesOf(-90, -14) - 76 * 96).toBeLessThanOrEqual(12);
  expect(samplesOf(-90, -14)).toBeGreaterThanOrEqual(76 * 96);
  expect(samplesOf(-120, -90) - 30 * 24).toBeLessThanOrEqual(5);
  expect(samplesOf(-120, -90)).toBeGreaterThanOrEqual(30 * 24);
}, 60_000);

test('a poll thins out one day, so that none takes long', () => {
  record(-30, 0);
  poll(1);
  expect(samplesOf(-30, -29)).toBe(96);
  expect(samplesOf(-29, -28)).toBe(288);
});

test('two years are kept, and what is older goes', () => {
  record(-735, -725);
  poll(1);
  expect(samplesOf(-735, -732)).toBe(0);
  expect(samplesOf(-732, -731)).toBeGreaterThan(0);
});

test('nothing is thinned out while the clock is wrong by a day', () => {
  record(-30, 0);
  poll(30, { clockSkewMs: -2 * DAY });
  expect(samplesOf(-30, 0)).toBe(30 * 288);
});
