import { expect, test } from 'vitest';
import { CLAUDE_USAGE } from '../../test/claude-stand-in.ts';
import type { AccountState } from '../account/account-state.ts';
import type { ClaudeCodeAnswer } from '../usage/claude-code/ask-claude-code.ts';
import { pollClaudeCode } from './poll-claude-code.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const before: AccountState = {
  account: 'work',
  failures: 2,
  requests: [NOW - 600_000],
  blockedUntil: NOW - 1,
  loginExpiresAt: NOW + 1,
};

/** Polls with an answer that takes two seconds. */
async function poll(answer: ClaudeCodeAnswer) {
  const claims: number[] = [];
  let now = NOW;
  const { state, ...result } = await pollClaudeCode(
    { name: 'work', claudeCode: { command: 'claude' } },
    before,
    {
      now: () => now,
      askClaudeCode: async () => {
        now += 2_000;
        return answer;
      },
      claimRequest: (_account, at) => claims.push(at),
    },
    new AbortController().signal,
  );
  return { state, result, claims };
}

test('the usage of Claude Code is a snapshot of its source, with the plan', async () => {
  const { state, result, claims } = await poll({
    ok: true,
    body: CLAUDE_USAGE.rate_limits,
    plan: { plan: 'claude_max' },
  });
  expect(claims).toEqual([NOW]);
  expect(result).toMatchObject({ outcome: 'success', requested: true, durationMs: 2_000 });
  expect(state).toMatchObject({
    failures: 0,
    requests: [NOW - 600_000, NOW],
    plan: { plan: 'claude_max', askedAt: NOW + 2_000 },
    snapshot: { source: 'claude_code', fetchedAt: NOW + 2_000, extraUsage: { enabled: false } },
  });
  expect(state.snapshot?.windows.map(({ window }) => window)).toEqual(['five_hour', 'seven_day']);
  expect(state).not.toHaveProperty('blockedUntil');
  expect(state).not.toHaveProperty('loginExpiresAt');
});

test('a failure keeps its reason', async () => {
  const { state, result } = await poll({ ok: false, reason: 'not_subscribed', detail: 'log in' });
  expect(result).toMatchObject({ outcome: 'not_subscribed', requested: true });
  expect(state).toMatchObject({
    failures: 3,
    lastPoll: { at: NOW + 2_000, outcome: 'not_subscribed', detail: 'log in' },
    requests: [NOW - 600_000, NOW],
  });
});

test('an answer without usage has the wrong shape', async () => {
  expect((await poll({ ok: true, body: { windows: [] } })).result.outcome).toBe('wrong_shape');
});
