import { expect, test } from 'vitest';
import { demoRules } from './demo-rules.ts';

const rules = (...alerts: string[]) => `groups:
  - name: example
    rules:
${alerts.map((alert) => `      - { alert: ${alert}, expr: up offset 10m, for: 1h, keep_firing_for: 30m }`).join('\n')}
`;

test('waiting times are shortened, and alerts about the pace are left out', () => {
  const text = demoRules(rules('ClaudeUsageResetMoved', 'ClaudeUsageBurnFast'));
  expect(text).toContain('up offset 10s');
  expect(text).toContain('for: 1m');
  expect(text).toContain('keep_firing_for: 30s');
  expect(text).toContain('ClaudeUsageResetMoved');
  expect(text).not.toContain('ClaudeUsageBurnFast');
});
