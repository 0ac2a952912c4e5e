import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLoginJournal } from './login-journal.ts';

let storage: string;
beforeEach(() => {
  storage = mkdtempSync(join(tmpdir(), 'storage-'));
});
afterEach(() => rmSync(storage, { recursive: true }));

const answer = { tradedIn: 'abc', receivedAt: 1000, text: Secret.of('{"access_token": "planted"}') };
const failure = { refreshToken: 'abc', count: 2, retryAt: 5000, detail: 'what was wrong' };

test('what is recorded outlives the program, for each account', () => {
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

test('a failure without a next attempt, and an answer that was none', () => {
  using journal = openLoginJournal(storage);
  journal.recordAnswer('work', answer);
  const { retryAt: _never, ...final } = failure;
  journal.recordFailure('work', final);
  expect(journal.failure('work')).toEqual(final);
  expect(journal.pendingAnswer('work')).toBeUndefined();
});

test('its files are private, and an answer that is settled is wiped when they are closed', () => {
  const journal = openLoginJournal(storage);
  journal.recordAnswer('work', answer);
  const modes = readdirSync(storage).map((name) => statSync(join(storage, name)).mode & 0o777);
  expect(new Set(modes)).toEqual(new Set([0o600]));
  journal.settle('work');
  journal[Symbol.dispose]();
  for (const name of readdirSync(storage)) expect(readFileSync(join(storage, name), 'latin1')).not.toContain('planted');
});
