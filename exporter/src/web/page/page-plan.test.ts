import { expect, test } from 'vitest';
import { describePlan } from './page-plan.ts';

test.each([
  [{ plan: 'claude_max', rateLimitTier: 'default_claude_max_20x' }, 'Max 20x'],
  [{ plan: 'claude_pro', rateLimitTier: 'default_claude_ai' }, 'Pro'],
  [{ plan: 'claude_team' }, 'Team'],
  [{ plan: 'something_new' }, 'something_new'],
  [{ rateLimitTier: 'default_claude_max_5x' }, 'default_claude_max_5x'],
  [{}, undefined],
])('%j is %s', (plan, name) => {
  expect(describePlan(plan)).toBe(name);
});
