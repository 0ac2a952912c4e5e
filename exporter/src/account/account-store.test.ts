import { expect, test } from 'vitest';
import { loadConfig } from '../config/config.ts';
import { createAccountBlock } from '../metrics/account-block.ts';
import { FORMATS, type Format } from '../metrics/exposition.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import type { AccountState } from './account-state.ts';
import { createAccountStore } from './account-store.ts';
import { NO_CAPS } from './gate.ts';

const MINUTE = 60_000;

const config = loadConfig(
  'accounts: [{name: work, credentials: {claude_config_dir: /w}}, {name: home, credentials: {claude_config_dir: /h}}]',
  'test',
  { directory: '/', env: {}, exists: () => false, platform: 'linux', version: '1' },
);

function polled(account: string, at: number): AccountState {
  return {
    account,
    failures: 0,
    requests: [at],
    lastPoll: { at, outcome: 'success' },
    snapshot: { fetchedAt: at, windows: [{ window: 'five_hour', percent: 42 }], unknownKeys: [] },
  };
}

function known(account: string) {
  return { state: { account, failures: 0, requests: [] }, caps: NO_CAPS, lastKnown: [], reports: [] };
}

function setUp() {
  const clock = { now: 0 };
  const initial = ['work', 'home'].map(known);
  const store = createAccountStore(config, initial, () => clock.now);
  const render = createAccountBlock(config, 0);
  const block = (format: Format = 'text') => Buffer.concat([...render(store.views(), format)]).toString();
  const utilization = () => block().match(/^claude_usage_utilization_ratio.*$/gm) ?? [];
  return { clock, store, block, utilization };
}

test('an account shows in the metrics once it has been polled, in the order of the configuration', () => {
  const { store, utilization } = setUp();
  expect(utilization()).toEqual([]);
  store.replace(polled('home', 0));
  store.replace(polled('work', 0));
  expect(utilization()).toEqual([
    'claude_usage_utilization_ratio{account="work",window="five_hour"} 0.42',
    'claude_usage_utilization_ratio{account="home",window="five_hour"} 0.42',
  ]);
});

test('the usage disappears after stale_after without a poll, and the metrics about the exporter stay', () => {
  const { clock, store, block, utilization } = setUp();
  store.replace(polled('work', 0));
  expect(utilization()).toHaveLength(1);
  clock.now = 60 * MINUTE;
  expect(block()).toContain('claude_usage_source{account="work",source="official_api_stale"} 1');
  clock.now = 60 * MINUTE + 1;
  expect(utilization()).toEqual([]);
  const text = block();
  expect(text).toContain('claude_usage_source{account="work",source="official_api_stale"} 0');
  expect(text).toContain('claude_usage_up{account="work"} 1');
  expect(text).toContain('claude_usage_last_success_timestamp_seconds{account="work"} 0');
  expect(text).not.toContain('claude_usage_threshold_ratio');
});

test('the budget grows back with time', () => {
  const { clock, store, block } = setUp();
  store.replace(polled('work', 0));
  expect(block()).toContain('claude_usage_poll_budget_remaining{account="work"} 19');
  clock.now = 60 * MINUTE;
  expect(block()).toContain('claude_usage_poll_budget_remaining{account="work"} 20');
});

test('nothing is rendered twice while nothing changes', () => {
  const { clock, store, block } = setUp();
  const later = polled('work', 0);
  let looks = 0;
  const snapshot = {
    fetchedAt: 0,
    unknownKeys: [],
    get windows() {
      looks += 1;
      return [];
    },
  };
  store.replace({ ...later, snapshot });
  for (const format of FORMATS) block(format);
  const before = looks;
  clock.now = MINUTE;
  for (let i = 0; i < 5; i += 1) for (const format of FORMATS) block(format);
  expect(before).toBeGreaterThan(0);
  expect(looks).toBe(before);
});

test('a scrape after any changes is the same as one that renders everything anew', () => {
  const { clock, store } = setUp();
  const kept = createAccountBlock(config, 0);
  const text = (render: ReturnType<typeof createAccountBlock>, format: Format) =>
    Buffer.concat([...render(store.views(), format)]).toString();
  const changes = [
    () => store.replace(polled('work', 0)),
    () => store.replace(polled('home', 0)),
    () => store.setCaps('home', { sessionPct: 40, weekPct: 50 }),
    () => store.setCaps('home', NO_CAPS),
    () => {
      clock.now = 61 * MINUTE;
    },
    () => store.replace(polled('work', clock.now)),
  ];
  for (const change of changes) {
    change();
    for (const format of FORMATS) expect(text(kept, format)).toBe(text(createAccountBlock(config, 0), format));
  }
});

test('caps apply as soon as they are set', () => {
  const { store, block } = setUp();
  store.replace(polled('work', 0));
  expect(block()).toContain('claude_usage_gate_open{account="work"} 1\n');
  store.setCaps('work', { sessionPct: 42, weekPct: null });
  expect(block()).toContain('claude_usage_gate_open{account="work"} 0\n');
  expect(block()).toContain('claude_usage_gate_cap_ratio{account="work",cap="session"} 0.42\n');
  expect(block()).toContain('claude_usage_gate_open{account="home"} 1\n');
});

test('a window that the next answer leaves out keeps the gate closed until it resets', () => {
  const { clock, store, block } = setUp();
  const closed = { window: 'five_hour', percent: 95, resetsAt: 10 * MINUTE };
  const answer = (windows: readonly WindowUsage[]) => {
    const state = polled('work', clock.now);
    store.replace({ ...state, snapshot: { fetchedAt: clock.now, windows, unknownKeys: [] } });
  };
  const open = () => block().includes('claude_usage_gate_open{account="work"} 1\n');
  store.setCaps('work', { sessionPct: 90, weekPct: 90 });
  answer([closed]);
  expect(open()).toBe(false);
  clock.now = 5 * MINUTE;
  answer([]);
  expect(open()).toBe(false);
  clock.now = 10 * MINUTE;
  expect(open()).toBe(true);
});

test('a status line closes the gate, and a session with older numbers does not open it', () => {
  const { clock, store } = setUp();
  const window = (percent: number) => ({ window: 'five_hour', percent, resetsAt: 90 * MINUTE });
  const report = (windows: readonly WindowUsage[]) =>
    store.replaceReport('work', { source: 'statusline', seenAt: MINUTE, windows });
  const refusal = () => store.views()[0]?.gate.refusal?.utilizationPct;
  const state = polled('work', 0);
  store.setCaps('work', { sessionPct: 80, weekPct: null });
  store.replace({ ...state, snapshot: { fetchedAt: 0, windows: [window(81)], unknownKeys: [] } });
  expect(report([window(20)]).windows).toEqual([]);
  expect(refusal()).toBe(81);
  expect(report([window(85)]).windows).toEqual([window(85)]);
  expect(refusal()).toBe(85);
  clock.now = 80 * MINUTE;
  expect(store.views()[0]?.current).toBeUndefined();
  expect(refusal()).toBe(85);
});
