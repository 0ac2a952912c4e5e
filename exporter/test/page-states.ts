import type { AccountView } from '../src/account/account-view.ts';
import { NO_CAPS } from '../src/account/gate.ts';
import type { UsageSample } from '../src/history/samples.ts';
import { type Threshold, thresholdAt } from '../src/usage/thresholds.ts';
import type { WindowUsage } from '../src/usage/usage-body.ts';
import { windowDurationSeconds } from '../src/usage/windows.ts';
import { renderStatusPage } from '../src/web/page/status-page.ts';
import { windowStart } from '../src/web/page/usage-curve.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const weekly: Threshold[] = [thresholdAt(50), thresholdAt(80)];

type Source = NonNullable<AccountView['current']>['source'];

interface Sketch extends Partial<Omit<AccountView, 'state' | 'current'>> {
  readonly account?: string;
  readonly windows?: readonly WindowUsage[];
  readonly source?: Source;
  readonly ageMs?: number;
  readonly state?: Partial<AccountView['state']>;
}

const success = { at: NOW - 2 * MINUTE, outcome: 'success' } as const;

function account({ account = 'work', windows, source = 'official_api', ageMs = 2 * MINUTE, state, ...more }: Sketch) {
  const snapshot = {
    fetchedAt: NOW - ageMs,
    windows: windows ?? [],
    extraUsage: { enabled: true, used: { amount: 12.3, currency: 'EUR' }, limit: { amount: 50, currency: 'EUR' } },
    unknownKeys: [],
  };
  const plan = { plan: 'claude_max', rateLimitTier: 'default_claude_max_20x', askedAt: NOW };
  const view: AccountView = {
    state: { account, failures: 0, requests: [], lastPoll: success, plan, ...state },
    polled: true,
    gate: { caps: NO_CAPS },
    tier: { tier: 'yellow', weeklyPercent: 57, stale: false },
    budgetRemaining: 18,
    validUntil: 0,
    ...(windows ? { current: { snapshot, source, windowSources: new Map() } } : {}),
    ...more,
  };
  return view;
}

const windowsAt = (session: number, week: number, fable = 36): WindowUsage[] => [
  { window: 'five_hour', percent: session, resetsAt: NOW + 2.2 * HOUR },
  { window: 'seven_day', percent: week, resetsAt: NOW + 2.6 * DAY, active: true },
  { window: 'seven_day_fable', displayName: 'Fable', percent: fable, resetsAt: NOW + 2.6 * DAY },
];
const LONG = 'a-rather-long-account-name-that-somebody-made-from-team-and-host';
const NO_USAGE: Sketch = { tier: { stale: true } };

/** One page for each state that a person meets, by name. */
const STATES: Readonly<Record<string, readonly AccountView[]>> = {
  'no-samples': [account({ windows: windowsAt(1, 1, 0) })],
  '57-percent': [account({ windows: windowsAt(42, 57) })],
  '92-percent': [account({ windows: windowsAt(92, 92.4), tier: { tier: 'red', weeklyPercent: 92.4, stale: false } })],
  '100-percent': [
    account({ windows: windowsAt(100, 104.5), tier: { tier: 'red', weeklyPercent: 104.5, stale: false } }),
  ],
  'gate-closed': [
    account({
      windows: windowsAt(42, 57, 97),
      gate: {
        caps: { sessionPct: null, weekPct: 90 },
        refusal: {
          reason: 'week_threshold',
          window: 'seven_day_fable',
          utilizationPct: 97,
          thresholdPct: 90,
          resetsAt: NOW + 2.6 * DAY,
        },
      },
    }),
  ],
  stale: [
    account({
      windows: windowsAt(42, 57),
      source: 'official_api_stale',
      ageMs: 41 * MINUTE,
      state: { lastPoll: { at: NOW - MINUTE, outcome: 'timeout', detail: 'no complete answer within 15 s' } },
    }),
  ],
  'rate-limited': [
    account({
      windows: windowsAt(42, 57),
      source: 'official_api_stale',
      ageMs: 12 * MINUTE,
      state: {
        lastPoll: { at: NOW - MINUTE, outcome: 'rate_limited', detail: 'the API asks for fewer requests (429)' },
        blockedUntil: NOW + 41 * MINUTE,
      },
    }),
  ],
  'login-expired': [
    account({
      ...NO_USAGE,
      state: {
        lastPoll: {
          at: NOW,
          outcome: 'unauthorized',
          detail: 'the API rejects the access token (401); log in with Claude Code: run `claude`, then `/login`',
        },
      },
    }),
  ],
  'not-polled': [account({ ...NO_USAGE, polled: false, state: { account: 'laptop' } })],
  'status-line': [account({ windows: windowsAt(42, 57).slice(0, 2), source: 'statusline', polled: false })],
  'five-accounts': ['work', 'home', 'ci', 'research', 'spare'].map((name, index) =>
    account({ account: name, windows: windowsAt(index * 20, 15 + index * 22) }),
  ),
  'long-names': [
    account({
      account: LONG.slice(0, 63),
      windows: [
        { window: 'seven_day', percent: 1234.5, resetsAt: NOW + 6.9 * DAY, active: true },
        {
          window: 'seven_day_a_model_with_a_very_long_name_for_a_window',
          displayName: 'A model with a very long display name, longer than sixty signs',
          percent: 81.3,
          resetsAt: NOW + 6.9 * DAY,
          active: true,
        },
      ],
      state: {
        plan: {
          plan: 'claude_enterprise_with_a_long_name',
          rateLimitTier: 'custom_tier_of_an_enterprise',
          askedAt: NOW,
        },
      },
    }),
  ],
};
export const PAGE_STATES = Object.keys(STATES);

/** Use that grows by day and rests by night. */
function curveOf(view: AccountView, usage: WindowUsage): readonly UsageSample[] {
  const start = windowStart(usage);
  if (!view.current || start === undefined) return [];
  const newest = { at: view.current.snapshot.fetchedAt, percent: usage.percent };
  if (usage.percent <= 1) return [newest];
  const step = (windowDurationSeconds(usage.window) * 1000) / 100;
  const count = Math.floor((newest.at - start) / step);
  const samples = Array.from({ length: count }, (_, index) => {
    const at = start + index * step;
    const share = index / count + 0.04 * Math.sin((at / DAY) * 2 * Math.PI);
    return { at, percent: Math.min(usage.percent, Math.max(0, usage.percent * share)) };
  });
  return [...samples.filter((_, index) => index > 8 && (index < 30 || index > 44)), newest];
}

export function pageInState(name: string): string {
  const thresholds = { weekly, fiveHour: [] };
  return renderStatusPage(STATES[name] ?? [], { thresholds, curveOf, access: 'token', now: NOW });
}
