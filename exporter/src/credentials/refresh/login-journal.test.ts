import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LoginJournal, openLoginJournal } from './login-journal.ts';

let storage: string;
beforeEach(() => {
  storage = mkdtempSync(join(tmpdir(), 'storage-'));
});
afterEach(() => rmSync(storage, { recursive: true }));

const answer = { tradedIn: 'abc', receivedAt: 1000, text: Secret.of('{"access_token": "planted"}') };
const failure = { refreshToken: 'abc', count: 2, retryAt: 5000, detail: 'what was wrong' };

test('records survive a restart, for each account', () => {
  let journal = openLoginJournal(storage);
  const { holder } = journal;
  journal.recordFailure('work', failure);
  journal.recordAnswer('work', answer);
  journal[Symbol.dispose]();
  journal = openLoginJournal(storage);
  expect(journal.holder).toBe(holder);
  expect(journal.pendingAnswer('work')?.text.reveal()).toBe('{"access_token": "planted"}');
  expect(journal.pendingAnswer('work')).toMatchObject({ tradedIn: 'abc', receivedAt: 1000 });
  expect(journal.failure('work')).toEqual(failure);
  expect([journal.pendingAnswer('home'), journal.failure('home')]).toEqual([undefined, undefined]);
  journal.settle('work');
  expect([journal.pendingAnswer('work'), journal.failure('work')]).toEqual([undefined, undefined]);
  journal[Symbol.dispose]();
});

test('a failure without a next attempt replaces an answer without tokens', () => {
  using journal = openLoginJournal(storage);
  journal.recordAnswer('work', answer);
  const { retryAt: _never, ...final } = failure;
  journal.recordFailure('work', final);
  expect(journal.failure('work')).toEqual(final);
  expect(journal.pendingAnswer('work')).toBeUndefined();
});

test('its files are private', () => {
  using journal = openLoginJournal(storage);
  journal.recordAnswer('work', answer);
  const modes = readdirSync(storage).map((name) => statSync(join(storage, name)).mode & 0o777);
  expect(new Set(modes)).toEqual(new Set([0o600]));
});

const contents = () => readdirSync(storage).map((name) => readFileSync(join(storage, name), 'latin1'));

test.each<[string, (journal: LoginJournal) => void]>([
  ['an answer that is settled', (journal) => journal.settle('work')],
  ['an answer without tokens', (journal) => journal.recordFailure('work', failure)],
])('%s is wiped from all files while they are open', (_name, finish) => {
  using journal = openLoginJournal(storage);
  journal.recordAnswer('work', answer);
  expect(contents().join()).toContain('planted');
  finish(journal);
  expect(contents().join()).not.toContain('planted');
});

test('what a killed process left in the write-ahead log is wiped at the next start', () => {
  const killed = openLoginJournal(storage);
  killed.recordAnswer('work', answer);
  for (const name of readdirSync(storage)) copyFileSync(join(storage, name), join(storage, `copy-of-${name}`));
  killed[Symbol.dispose]();
  const database = new DatabaseSync(join(storage, 'copy-of-logins.sqlite'));
  database.exec('PRAGMA secure_delete = ON; DELETE FROM answers');
  for (const name of readdirSync(storage).filter((file) => file.startsWith('copy-of-')))
    copyFileSync(join(storage, name), join(storage, name.replace('copy-of-', '')));
  database.close();
  for (const name of readdirSync(storage)) if (name.startsWith('copy-of-')) rmSync(join(storage, name));
  expect(contents().join()).toContain('planted');
  using _journal = openLoginJournal(storage);
  expect(contents().join()).not.toContain('planted');
});
