import { expect, test } from 'vitest';
import { createAccountStore } from '../account/account-store.ts';
import { loadConfig } from '../config/config.ts';
import { openHistory } from '../history/history.ts';
import { loadKnownAccount } from '../history/known-account.ts';
import { createAccountBlock } from '../metrics/account-block.ts';
import { createStatuslineIntake } from './statusline-intake.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const config = loadConfig('accounts: [{name: work, credentials: {access_token: token-work}}]', 'test', {
  directory: '/',
  env: {},
  exists: () => false,
  platform: 'linux',
  version: '1',
});

function setUp() {
  const clock = { now: NOW };
  const history = openHistory(':memory:', NOW);
  const store = createAccountStore(
    config,
    [loadKnownAccount(history, 'work', NOW, config.staleAfterMs)],
    () => clock.now,
  );
  const render = createAccountBlock(config, NOW);
  const refused: unknown[] = [];
  const events = { statuslineRefused: (problems: unknown) => void refused.push(problems) };
  const take = createStatuslineIntake(config, { history, store, events, now: () => clock.now });
  const report = (used_percentage: number) =>
    take({ account: 'work', rate_limits: { five_hour: { used_percentage } } });
  const utilization = () =>
    Buffer.concat([...render(store.views(), 'text')])
      .toString()
      .match(/^claude_usage_(utilization|source\{).* (?!0$)\S+$/gm);
  return { clock, history, report, refused, take, utilization };
}

test('a status line shows in the metrics of its account at once, and only news goes into the history', () => {
  const { clock, history, report, utilization } = setUp();
  expect(report(40)).toEqual([]);
  expect(utilization()).toEqual([
    'claude_usage_utilization_ratio{account="work",window="five_hour"} 0.4',
    'claude_usage_source{account="work",source="statusline"} 1',
  ]);
  clock.now += 1000;
  expect(report(40)).toEqual([]);
  expect(history.loadReport('work', 'statusline', 0)?.seenAt).toBe(NOW);
  expect(report(41)).toEqual([]);
  expect(history.loadReport('work', 'statusline', 0)).toEqual({
    source: 'statusline',
    seenAt: NOW + 1000,
    windows: [{ window: 'five_hour', percent: 41 }],
  });
  expect(utilization()?.[0]).toBe('claude_usage_utilization_ratio{account="work",window="five_hour"} 0.41');
});

test('a report of status lines disappears after stale_after', () => {
  const { clock, report, utilization } = setUp();
  report(40);
  clock.now += config.staleAfterMs;
  expect(utilization()).toHaveLength(2);
  clock.now += 1;
  expect(utilization()).toBeNull();
});

test('a rejected report is reported to the caller and to the log, and changes nothing', () => {
  const { refused, take, utilization } = setUp();
  const problems = [{ path: 'account', message: 'is not configured; the accounts are work' }];
  expect(take({ account: 'other', rate_limits: {} })).toEqual(problems);
  expect(refused).toEqual([problems]);
  expect(utilization()).toBeNull();
});

test('a window that is invalid is reported to the log, and the other one is taken', () => {
  const { refused, take, utilization } = setUp();
  const rate_limits = { five_hour: { used_percentage: 1_795_000_000 }, seven_day: { used_percentage: 41 } };
  expect(take({ account: 'work', rate_limits })).toEqual([]);
  expect(refused).toEqual([[{ path: 'rate_limits.five_hour.used_percentage', message: 'must not be above 1000' }]]);
  expect(utilization()?.[0]).toBe('claude_usage_utilization_ratio{account="work",window="seven_day"} 0.41');
});
