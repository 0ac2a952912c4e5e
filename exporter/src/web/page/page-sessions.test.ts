import { expect, test } from 'vitest';
import type { TodayAnswer } from '../../transcripts/daemon/queries.ts';
import { renderSessions } from './page-sessions.ts';

const row = {
  total_tokens: 1000,
  total_input_tokens: 400,
  total_output_tokens: 600,
  total_cache_creation_tokens: 0,
  total_cache_read_tokens: 2_000_000,
  total_messages: 7,
  total_cost_usd: 1.5,
  unpriced_tokens: 0,
};
const today: TodayAnswer = {
  ...row,
  models: [{ name: 'claude-opus-5', ...row }],
  projects: [{ name: '/home/ada/<shop>', ...row }],
  live_sessions: [
    {
      ...row,
      session_id: 's',
      host: 'desk',
      project: '/home/ada/shop',
      models: [],
      started_at: null,
      last_message_at: null,
      context_tokens: 160_000,
      health: {
        warnings: ['context'],
        advice: 'Start a new session.',
        context_tokens: 160_000,
        cache_hit_ratio: 0.9,
        tokens_per_turn: 5,
        age_seconds: 60,
        grade: 'B',
        score: 80,
      },
    },
  ],
};

test('shows the tokens and costs of today and one line of advice for each live session', () => {
  const { html } = renderSessions(today);
  expect(html).toContain('Today: 2.0 M tokens in 7 messages');
  expect(html).toContain('$1.50');
  expect(html).toContain('&lt;shop&gt;');
  expect(html).toContain('context 160 k, cache hits 90 %');
  expect(html).toContain('Start a new session.');
});

test('shows nothing where transcripts are not scanned', () => {
  expect(renderSessions(undefined).html).toBe('');
});
