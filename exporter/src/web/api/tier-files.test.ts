import { expect, test } from 'vitest';
import type { AccountView } from '../../account/account-view.ts';
import { NO_CAPS } from '../../account/gate.ts';
import { DEFAULT_POLICY } from '../../account/routing-policy.ts';
import { keepTierFiles } from './tier-files.ts';

const RESETS_AT = Date.parse('2026-02-17T08:00:00Z');
const thresholds = { yellow: 50, orange: 70, red: 85 };

function view(account: string, tier: AccountView['tier']): AccountView {
  const snapshot = { fetchedAt: RESETS_AT - 3_600_000, windows: [], unknownKeys: [] };
  return {
    state: { account, failures: 0, requests: [], snapshot },
    polled: true,
    gate: { caps: NO_CAPS },
    tier,
    budgetRemaining: 20,
    validUntil: 0,
  };
}

const green = view('work', { tier: 'green', weeklyPercent: 45, resetsAt: RESETS_AT, stale: false });

/** Runs through rounds of views, one a check, and returns what was written in each. */
async function run(rounds: readonly (readonly AccountView[])[], refuse: readonly number[] = []) {
  const written: [string, unknown][][] = rounds.map(() => []);
  const failures: string[] = [];
  const stopping = new AbortController();
  let round = 0;
  await keepTierFiles(
    { files: { work: '/f/work.json' }, policy: DEFAULT_POLICY, thresholds },
    {
      views: () => rounds[round] ?? [],
      writeFile(path, text) {
        if (refuse.includes(round)) throw new Error('disk full');
        written[round]?.push([path, JSON.parse(text)]);
      },
      onFailure: (account, path, error) => failures.push(`${account} ${path} ${(error as Error).message}`),
      sleep: async () => {
        round += 1;
        if (round === rounds.length) stopping.abort();
      },
    },
    stopping.signal,
  );
  return { written, failures };
}

test('the file has the tier with its percentage, and is written when something changes', async () => {
  const stale = view('work', { tier: 'green', weeklyPercent: 45, resetsAt: RESETS_AT, stale: true });
  const unknown = view('work', { stale: true });
  const { written } = await run([[green, view('home', { stale: true })], [green], [stale], [unknown], [unknown]]);
  expect(written.map((files) => files.length)).toEqual([1, 0, 1, 1, 0]);
  expect(written[0]).toEqual([
    [
      '/f/work.json',
      {
        account: 'work',
        tier: 'green',
        weeklyPercent: 45,
        resetsAt: '2026-02-17T08:00:00.000Z',
        fetchedAt: '2026-02-17T07:00:00.000Z',
        stale: false,
        routing: {
          user_request: ['primary', 'flash', 'glm', 'pro'],
          complex_judgment: ['primary', 'flash', 'glm', 'pro'],
          critical_spawn: ['primary', 'flash', 'glm', 'pro'],
          spawn: ['primary', 'flash', 'glm', 'pro'],
          simple_task: ['primary', 'flash', 'glm', 'pro'],
        },
      },
    ],
  ]);
  expect(written[2]?.[0]?.[1]).toMatchObject({ tier: 'green', weeklyPercent: 45, stale: true });
  expect(written[3]?.[0]?.[1]).toMatchObject({ tier: null, weeklyPercent: null, resetsAt: null, stale: true });
});

test('what could not be written is told, and tried again', async () => {
  const { written, failures } = await run([[green], [green], [green]], [0]);
  expect(written.map((files) => files.length)).toEqual([0, 1, 0]);
  expect(failures).toEqual(['work /f/work.json disk full']);
});

test('without files there is nothing to do', async () => {
  const never = () => {
    throw new Error('must not be called');
  };
  const ports = { views: never, writeFile: never, onFailure: never, sleep: never };
  await keepTierFiles({ files: {}, policy: DEFAULT_POLICY, thresholds }, ports, new AbortController().signal);
});
