import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountView } from '../../account/account-view.ts';
import { NO_CAPS } from '../../account/gate.ts';
import { thresholdAt } from '../../usage/thresholds.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { CONTENT_SECURITY_POLICY, renderStatusPage } from './status-page.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const HOUR = 3_600_000;
const thresholds = { weekly: [thresholdAt(50), thresholdAt(80)], fiveHour: [] };

function view(more: Partial<AccountView['state']>, windows?: WindowUsage[], stale = false): AccountView {
  const state = { account: 'work', failures: 0, requests: [], ...more };
  const gate = { caps: NO_CAPS };
  const base = { state, gate, polled: true, tier: { stale: true }, budgetRemaining: 20, validUntil: 0 };
  if (!windows) return base;
  const snapshot = { fetchedAt: NOW - 12 * 60_000, windows, unknownKeys: [] };
  return {
    ...base,
    current: { snapshot, source: stale ? 'official_api_stale' : 'official_api', windowSources: new Map() },
  };
}

function page(...views: AccountView[]): string {
  return renderStatusPage(views, { thresholds, curveOf: () => [], access: 'token', now: NOW });
}

/** The text of the page's main part without the settings, as a reader sees it without a script. */
function read(...views: AccountView[]): string[] {
  const [, main = ''] = /<main>([\s\S]*)<\/main>/.exec(page(...views)) ?? [];
  return main
    .replace(/<details[\s\S]*?<\/details>/g, '')
    .replace(/<svg[\s\S]*?<\/svg>/g, '')
    .replace(/<[^>]+>/g, '\t')
    .split(/[\t\n]+/)
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

test('shows each window with its utilization, its reset and its pace', () => {
  const windows: WindowUsage[] = [
    { window: 'five_hour', percent: 42, resetsAt: NOW + 2 * HOUR, active: true },
    { window: 'seven_day', percent: 81.25, resetsAt: NOW + 50 * HOUR },
    { window: 'seven_day_fable_5', displayName: 'Fable 5', percent: 0 },
  ];
  expect(read(view({ lastPoll: { at: NOW, outcome: 'success' } }, windows))).toEqual([
    ...['work', 'polled 12 min ago'],
    ...['5 hours', 'currently limiting', '42 %', 'resets in 2 h 0 min,', '2026-07-22 14:00 UTC'],
    '18 points under even pace',
    ...['Week', '81.3 %', 'resets in 2 d 2 h,', '2026-07-24 14:00 UTC', '11 points over even pace'],
    ...['Week, Fable 5', '0 %', 'not started'],
  ]);
});

test('names the status line as the only source', () => {
  const { current, ...base } = view({}, [{ window: 'five_hour', percent: 42 }]);
  const told = {
    ...base,
    polled: false,
    ...(current ? { current: { ...current, source: 'statusline' as const } } : {}),
  };
  expect(read(told)).toEqual([...['work', 'from the status line, 12 min ago', '5 hours', '42 %', 'not started']]);
});

test('draws use, thresholds and time, and colours by the threshold that is reached', () => {
  const html = page(view({}, [{ window: 'seven_day', percent: 81.25, resetsAt: NOW + 84 * HOUR }]));
  expect(html).toContain('aria-label="81.3 % of Week used"');
  expect(html).toContain('<rect class="used" width="81.25" height="1"/>');
  expect(html).toContain('<section class="window warning">');
  expect(html.match(/<line class="threshold" x1="[\d.]+"/g)).toEqual([
    '<line class="threshold" x1="50.00"',
    '<line class="threshold" x1="80.00"',
  ]);
  expect(html).toContain('<line class="clock" x1="50.00"');
  const full = page(view({}, [{ window: 'five_hour', percent: 104 }]));
  expect(full).toContain('<rect class="used" width="100.00"');
  expect(full).toContain('<section class="window critical">');
});

test('says why the usage is old, and when the next poll is', () => {
  const blockedUntil = NOW + HOUR;
  const lastPoll = { at: NOW, outcome: 'rate_limited', detail: 'the API limits the request rate (429)' } as const;
  expect(read(view({ lastPoll, blockedUntil }, [], true))).toEqual([
    ...['work', 'last known, 12 min old'],
    ...['The last poll failed:', 'the API limits the request rate (429).', '(rate_limited)'],
    ...['Nothing to do: the next poll is at', '2026-07-22 13:00 UTC', '.'],
    'The API reports no usage windows for this account.',
  ]);
});

test('says why there is no usage, and what to do', () => {
  const snapshot = { fetchedAt: NOW - 49 * HOUR, windows: [], unknownKeys: [] };
  const lastPoll = {
    at: NOW,
    outcome: 'no_credentials',
    detail: '~/.claude does not exist; log in with Claude Code',
  } as const;
  expect(read(view({ lastPoll, snapshot }), view({ account: 'new' }))).toEqual([
    ...['work', 'no usage', 'The last poll failed:', '~/.claude does not exist.', '(no_credentials)'],
    'Log in with Claude Code.',
    'The last known usage is 2 d 1 h old, too old to show.',
    ...['new', 'no usage', 'Waiting for the first poll.'],
  ]);
});

test('a reset that has passed shows no clock', () => {
  const html = page(view({}, [{ window: 'five_hour', percent: 99, resetsAt: NOW - 30_000 }]));
  expect(html).toContain('reset 30 s ago');
  expect(html).not.toContain('class="clock"');
});

test('escapes everything that comes from outside', () => {
  const attack = `"><script>alert('x')</script>`;
  const html = page(
    view(
      { account: attack, lastPoll: { at: NOW, outcome: 'network', detail: attack } },
      [{ window: `seven_day_${attack}`, percent: 1 }],
      true,
    ),
  );
  expect(html).not.toContain("alert('");
  expect(html.match(/<script>/g)).toHaveLength(1);
});

test('its style and script are the ones that its policy allows, and it loads nothing', () => {
  const html = page(view({}, [{ window: 'five_hour', percent: 1, resetsAt: NOW + HOUR }]));
  for (const tag of ['style', 'script']) {
    const [, text = ''] = new RegExp(`<${tag}>([\\s\\S]*)</${tag}>`).exec(html) ?? [];
    const hash = createHash('sha256').update(text).digest('base64');
    expect(text.length).toBeGreaterThan(500);
    expect(CONTENT_SECURITY_POLICY).toContain(`${tag}-src 'sha256-${hash}'`);
  }
  expect(html).not.toMatch(/ style=| on[a-z]+=|(src|href)="(https?:)?\/\//);
  expect(CONTENT_SECURITY_POLICY).toContain("default-src 'none'");
});

test('shows the tier of the week, and says when that is old', () => {
  const orange = { tier: 'orange', weeklyPercent: 71.5, resetsAt: NOW + HOUR } as const;
  const known = { ...view({}, [{ window: 'seven_day', percent: 71.5 }]), tier: { ...orange, stale: false } };
  expect(read(known).slice(0, 3)).toEqual(['work', 'tier orange', 'polled 12 min ago']);
  expect(page(known)).toContain('title="The week is at 71.5 %."');
  expect(page({ ...view({}), tier: { ...orange, stale: true } })).toContain(
    'title="The week is at 71.5 % (last known)."',
  );
});

test('says above the windows which one pauses new work, and marks the cap in them', () => {
  const refusal = {
    reason: 'week_threshold',
    window: 'seven_day_fable',
    utilizationPct: 92,
    thresholdPct: 90,
    resetsAt: NOW + HOUR,
  } as const;
  const windows = [
    { window: 'five_hour', percent: 10 },
    { window: 'seven_day_fable', displayName: 'Fable', percent: 92 },
  ];
  const paused = { ...view({}, windows), gate: { caps: { sessionPct: null, weekPct: 90 }, refusal } };
  expect(read(paused).slice(2, 8)).toEqual([
    'New work is paused.',
    'Week, Fable:',
    '92 % used, cap 90 %. New work can start in 1 h 0 min,',
    '2026-07-22 13:00 UTC',
    '.',
    'Running work continues.',
  ]);
  expect(page(paused).match(/<line class="cap" x1="[\d.]+"/g)).toEqual(['<line class="cap" x1="90.00"']);
  expect(page(paused)).toContain('aria-label="92 % of Week, Fable used, new work pauses at 90 %"');
  const { current: _, ...unknown } = paused;
  expect(read(unknown)).toContain('Week, Fable (last known):');
});

test('names the windows that a status line reported after the last poll', () => {
  const windows = [
    { window: 'five_hour', percent: 43 },
    { window: 'seven_day', percent: 57 },
  ];
  const snapshot = { fetchedAt: NOW, windows, unknownKeys: [] };
  const told = new Map([['five_hour', { source: 'statusline', seenAt: NOW }]] as const);
  const mixed: AccountView = { ...view({}), current: { snapshot, source: 'official_api', windowSources: told } };
  expect(read(mixed).filter((text) => text.includes('status line'))).toEqual(['from the status line']);
  expect(read(mixed).indexOf('from the status line')).toBe(3);
  const alone: AccountView = { ...view({}), current: { snapshot, source: 'statusline', windowSources: told } };
  expect(read(alone).filter((text) => text.includes('status line'))).toEqual(['from the status line, 0 s ago']);
});

describe('the title of the tab', () => {
  const title = (...views: AccountView[]) => /<title>(.*)<\/title>/.exec(page(...views))?.[1];

  test('begins with the fullest window of all accounts', () => {
    expect(
      title(view({}, [{ window: 'five_hour', percent: 57 }]), view({}, [{ window: 'seven_day', percent: 81.3 }])),
    ).toBe('81.3 % · Claude usage');
  });

  test('has no number while nothing is known', () => {
    expect(title(view({}))).toBe('Claude usage');
  });
});

test('shows the plan, and extra usage while it is on', () => {
  const { current, ...rest } = view(
    { plan: { plan: 'claude_max', rateLimitTier: 'default_claude_max_20x', askedAt: 0 } },
    [],
  );
  if (!current) throw new Error('the view has usage');
  const withExtra = (extraUsage: NonNullable<typeof current.snapshot.extraUsage>) =>
    read({ ...rest, current: { ...current, snapshot: { ...current.snapshot, extraUsage } } });
  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  expect(withExtra({ enabled: true, used: eur(12.3), limit: eur(50) })).toEqual(
    expect.arrayContaining(['Max 20x', 'Extra usage', 'EUR\u00a012.30 used, limit EUR\u00a050.00']),
  );
  expect(withExtra({ enabled: true })).toContain('on, no limit reported');
  expect(withExtra({ enabled: false, used: eur(1) })).not.toContain('Extra usage');
});
