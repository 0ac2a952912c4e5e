import type { AccountState } from '../account/account-state.ts';
import type { PollResult } from '../account/poll-result.ts';
import type { AskClaudeCode, ClaudeCode } from '../usage/claude-code/ask-claude-code.ts';
import { concludePoll, failed, withoutExpired } from './conclude-poll.ts';

export interface ClaudeCodePorts {
  readonly now: () => number;
  readonly askClaudeCode: AskClaudeCode;
  /** See PollPorts. */
  readonly claimRequest: (account: string, at: number) => void;
}

/**
 * Polls an account by asking Claude Code, under the same limits as the API, because Claude Code asks the API in turn.
 * @throws only if `signal` aborts, if the request must not be sent, or if nothing can be stored
 */
export async function pollClaudeCode(
  account: { readonly name: string; readonly claudeCode: ClaudeCode },
  before: AccountState,
  { now, askClaudeCode, claimRequest }: ClaudeCodePorts,
  signal: AbortSignal,
): Promise<PollResult> {
  const startedAt = now();
  claimRequest(account.name, startedAt);
  const answer = await askClaudeCode(account.claudeCode, signal);
  const at = now();
  const state = { ...withoutExpired(before), requests: [...before.requests, startedAt] };
  if (!answer.ok) {
    const { reason, detail } = answer;
    const durationMs = at - startedAt;
    return { state: failed(state, at, reason, detail), outcome: reason, requested: true, durationMs, schemaErrors: [] };
  }
  const plan = answer.plan ? { plan: { ...answer.plan, askedAt: at } } : {};
  return concludePoll({ state: { ...state, ...plan }, startedAt, at, source: 'claude_code' }, answer.body);
}
