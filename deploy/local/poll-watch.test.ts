import { expect, test } from 'vitest';
import { describeChanges, pollFailures } from './poll-watch.ts';

const poll = (outcome: string, detail: string | null = null) =>
  pollFailures({ accounts: [{ account: 'default', last_poll: { outcome, detail } }] });
const NOTHING = new Map();
const expired = poll('token_expired', 'the access token expired; log in with Claude Code');

test('a login whose polls fail is reported once, with what to do', () => {
  expect(describeChanges(NOTHING, expired)).toEqual([
    'Account default: the poll failed: the access token expired; log in with Claude Code',
  ]);
  expect(describeChanges(expired, expired)).toEqual([]);
});

test('another failure and the end of the failures are reported', () => {
  expect(describeChanges(expired, poll('rate_limited'))).toEqual(['Account default: the poll failed: rate_limited']);
  expect(describeChanges(expired, poll('success'))).toEqual(['Account default: polls work again.']);
});

test('polls that work, and accounts that have not been polled, are not mentioned', () => {
  expect(describeChanges(NOTHING, poll('success'))).toEqual([]);
  expect(pollFailures({ accounts: [{ account: 'default', last_poll: null }] }).size).toBe(0);
});
