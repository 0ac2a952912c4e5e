import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { AccountState } from '../../account/account-state.ts';
import type { AccountView } from '../../account/account-view.ts';
import { NO_CAPS } from '../../account/gate.ts';
import { thresholdAt } from '../../usage/thresholds.ts';
import type { OnceReport } from './once.ts';
import { renderOnceTable } from './once-table.ts';

const NOW = Date.parse('2026-07-22T12:00:30Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const thresholds = { weekly: [50, 80, 95].map(thresholdAt), fiveHour: [] };

const windows = [
  { window: 'five_hour', percent: 7, resetsAt: NOW + 2 * HOUR + 12 * MINUTE },
  { window: 'seven_day', percent: 57.25, resetsAt: NOW + 62 * HOUR + 19 * MINUTE },
  { window: 'seven_day_opus', percent: 104, resetsAt: NOW - 90_000 },
  { window: 'seven_day_fable', percent: 0 },
];

function report(state: Partial<AccountState>, more: Partial<AccountView> = {}, notBefore?: number): OnceReport {
  const known = { state: { account: 'work', failures: 0, requests: [], ...state }, gate: { caps: NO_CAPS } };
  const view = { ...known, tier: { stale: true }, polled: true, budgetRemaining: 1, validUntil: 0 };
  return { view: { ...view, ...more }, ...(notBefore === undefined ? {} : { notBefore }) };
}

function snapshotOf(age: number, shown = windows) {
  return { fetchedAt: NOW - age, windows: shown, unknownKeys: [] };
}

function render(reports: OnceReport[], coloured = false): string {
  return renderOnceTable(reports, { thresholds, now: NOW, coloured, timeZone: 'Europe/Berlin' });
}

const fresh = report(
  {},
  { current: { source: 'official_api', snapshot: snapshotOf(1_500), windowSources: new Map() } },
);

test('is aligned, with resets both as a span and in local time', () => {
  expect(render([fresh])).toBe(`\
ACCOUNT  WINDOW            USED  RESETS                       SOURCE        AGE
work     five_hour           7%  in 2h12m (Wed 22 Jul 16:12)  official_api   1s
work     seven_day        57.3%  in 2d14h (Sat 25 Jul 04:19)  official_api   1s
work     seven_day_opus    104%  1m ago (Wed 22 Jul 13:59)    official_api   1s
work     seven_day_fable     0%  not started                  official_api   1s
`);
});

test('says below it why usage is old or missing, and when it may be polled again', () => {
  const limited = { at: NOW, outcome: 'rate_limited', detail: 'the API limits the request rate (429)' } as const;
  const stale = report(
    { lastPoll: limited, blockedUntil: NOW + HOUR },
    {
      current: {
        source: 'official_api_stale',
        snapshot: snapshotOf(25 * MINUTE, windows.slice(0, 1)),
        windowSources: new Map(),
      },
    },
    NOW + HOUR,
  );
  const outdated = report({ account: 'old', snapshot: snapshotOf(61 * MINUTE) }, {}, NOW + MINUTE);
  const lapsed = report(
    { account: 'lapsed' },
    { current: { source: 'official_api', snapshot: snapshotOf(0, []), windowSources: new Map() } },
  );
  expect(render([stale, outdated, lapsed])).toBe(`\
ACCOUNT  WINDOW     USED  RESETS                       SOURCE              AGE
work     five_hour    7%  in 2h12m (Wed 22 Jul 16:12)  official_api_stale  25m
old      -             -  -                            -                     -
lapsed   -             -  -                            official_api          -

work: the last poll failed: the API limits the request rate (429) (rate_limited)
work: not polled now, the API requested a pause; the next poll is possible at Wed 22 Jul 15:00
old: the last usage known is 1h1m old, too old to be shown
old: not polled now, to stay within the request limits; the next poll is possible at Wed 22 Jul 14:01
lapsed: the API reports no usage windows
`);
});

test('an account without a login and without reports says how to feed it', () => {
  const note =
    'work: not polled, because it has no login, and Claude Code has not reported its usage recently; use `claude-usage-exporter statusline` or `claude-usage-exporter events`\n';
  expect(render([report({}, { polled: false })])).toContain(`\n\n${note}`);
});

test('each window has its source and age', () => {
  const polledWindow = { window: 'seven_day', percent: 57, resetsAt: NOW + 62 * HOUR };
  const told = { source: 'statusline' as const, seenAt: NOW - 2 * MINUTE, windows: windows.slice(0, 1) };
  const mixed = report(
    { snapshot: snapshotOf(20 * MINUTE, [polledWindow]) },
    {
      statusline: told,
      current: {
        source: 'statusline',
        snapshot: snapshotOf(2 * MINUTE, [...told.windows, polledWindow]),
        windowSources: new Map([
          ['five_hour', { source: 'statusline', seenAt: told.seenAt }],
          ['seven_day', { source: 'official_api_stale', seenAt: NOW - 20 * MINUTE }],
        ] as const),
      },
    },
  );
  expect(render([mixed])).toBe(`\
ACCOUNT  WINDOW     USED  RESETS                       SOURCE              AGE
work     five_hour    7%  in 2h12m (Wed 22 Jul 16:12)  statusline           2m
work     seven_day   57%  in 2d14h (Sat 25 Jul 04:00)  official_api_stale  20m
`);
});

test('has colours by the severity of the threshold only where a terminal shows it', () => {
  const coloured = render([fresh], true);
  expect(coloured).toContain(`\x1b[36m57.3%\x1b[0m`);
  expect(coloured).toContain(`\x1b[1;31m 104%\x1b[0m`);
  expect(coloured).toContain('     7%  in');
  expect(stripVTControlCharacters(coloured)).toBe(render([fresh]));
});

test('says that a 403 is the reason for a pause', () => {
  const paused = report({ pausedUntil: NOW + HOUR }, {}, NOW + HOUR);
  expect(render([paused])).toContain(
    'not polled now, because the API has answered with 403; the next poll is possible',
  );
});
