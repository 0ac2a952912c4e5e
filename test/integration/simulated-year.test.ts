import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { blockMs } from '../simulated-year/api.ts';
import { busiestHour } from '../simulated-year/busiest-hour.ts';
import { expectedMetrics, readAccountMetrics } from '../simulated-year/expected-metrics.ts';
import { DAY, HOUR, MINUTE } from '../simulated-year/truth.ts';
import { createRandom, TROUBLES } from '../simulated-year/weather.ts';
import { ACCOUNTS, createWorld, type World } from '../simulated-year/world.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const END = START + 365 * DAY;
/** From restart to restart: for how many days, and how often is polled. Six times over, they make the year. */
const STRETCHES = [
  [52, '50m'],
  [0.5, '3m'],
  [4, '15m'],
  [1.5, '5m'],
  [2.8, '20m'],
] as const;

let directory: string;
beforeEach(() => {
  // In memory where there is such a place: a year of polls is a hundred thousand commits.
  directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'simulated-year-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('after a year of everything that can happen, the metrics are the truth, and no hour had more than 20 requests', async () => {
  const world = createWorld(directory, START, END);
  const { api, clock } = world;
  const schedule = planTheYear(world);
  const tally = { restarts: 0, restartsWhileBlocked: 0, comparisons: 0 };
  world.refreshBorrowed();
  await world.start('30m');
  for (const { at, act } of schedule) {
    await clock.advanceTo(at);
    await act(tally);
  }
  await clock.advanceTo(END);
  await untilAllPolledWell(world);
  expect(await compare(world)).toBe(ACCOUNTS.length);
  await world.stop();

  for (const account of ACCOUNTS) {
    const asked = api.log(account);
    const { requests, leastGapMs } = busiestHour(asked.map(({ at }) => at));
    expect.soft(requests, `requests for ${account} in the busiest hour`).toBeLessThanOrEqual(20);
    expect.soft(leastGapMs, `least time between two requests for ${account}`).toBeGreaterThanOrEqual(3 * MINUTE);
    expect(TROUBLES.filter((trouble) => !asked.some(({ answer }) => answer === trouble))).toEqual([]);
  }
  expect(tally.restarts).toBe(30);
  // The year had what it is for.
  expect(tally.restartsWhileBlocked).toBeGreaterThan(5);
  expect(tally.comparisons).toBeGreaterThan(4000);
  expect(api.refreshes()).toBeGreaterThan(2000);
}, 600_000);

interface Tally {
  restarts: number;
  restartsWhileBlocked: number;
  comparisons: number;
}

interface Planned {
  readonly at: number;
  readonly act: (tally: Tally) => Promise<void>;
}

function planTheYear(world: World): Planned[] {
  const { clock } = world;
  const random = createRandom(42);
  const planned: Planned[] = [];
  const plan = (at: number, act: Planned['act']) => planned.push({ at, act });
  let at = START;
  for (let restart = 0; restart < 30; restart += 1) {
    const [days] = STRETCHES[restart % STRETCHES.length] ?? [12];
    const [, interval] = STRETCHES[(restart + 1) % STRETCHES.length] ?? [12, '5m'];
    at += days * DAY;
    // At any time, right after a request, or while an account is blocked.
    const blocked = restart % 3 === 1 ? nextRefusals(world, at) : undefined;
    plan(blocked?.from ?? at, async (tally) => {
      if (restart % 3 === 0) await untilAsked(world);
      if (blocked) await clock.advanceUntil(() => clock.now() > blocked.to || isBlocked(world));
      if (isBlocked(world)) tally.restartsWhileBlocked += 1;
      await world.stop();
      if (restart % 2 === 0) await world.once();
      await world.start(interval);
      tally.restarts += 1;
    });
  }
  for (let time = START + 7 * HOUR; time < END + 2 * DAY; time += (7 + 1.5 * random()) * HOUR)
    plan(time, async () => world.refreshBorrowed());
  for (
    let time = START + 2 * HOUR;
    time < END;
    time += (2 + random() * 18) * HOUR // A process that begins right after the clock was set can't know how long ago the last request was.
  )
    plan(time, async () => (world.clockWasSetWithin(3 * MINUTE) ? undefined : world.once()));
  for (let time = START + 2 * DAY; time < END - DAY; time += (2 + random() * 12) * DAY) {
    const error = Math.round((random() - 0.5) * 6 * HOUR);
    plan(time, async () => world.setClockError(world.clockError() === 0 ? error : 0));
  }
  for (let time = START + 5 * HOUR; time < END; time += 5 * HOUR + 7 * MINUTE) {
    plan(time, async (tally) => {
      tally.comparisons += await compare(world);
    });
  }
  return planned.sort((a, b) => a.at - b.at);
}

async function untilAsked({ api, clock }: World): Promise<void> {
  const requests = () => ACCOUNTS.reduce((sum, account) => sum + api.log(account).length, 0);
  const before = requests();
  await clock.advanceUntil(() => requests() > before);
}

async function untilAllPolledWell({ api, clock }: World): Promise<void> {
  const since = clock.now();
  const isPolledWell = (account: string) => {
    const last = api.log(account).at(-1);
    return last?.what === 'usage' && last.answer === 'told' && last.by === 'exporter' && last.at > since;
  };
  await clock.advanceUntil(() => ACCOUNTS.every(isPolledWell));
}

function isBlocked({ api }: World): boolean {
  return ACCOUNTS.some((account) => blockMs(api.log(account).at(-1)?.answer) !== undefined);
}

/** The next time in which some account is refused for asking too often. */
function nextRefusals({ accounts }: World, after: number): { from: number; to: number } | undefined {
  return Object.values(accounts)
    .flatMap(({ episodes }) => episodes)
    .filter(({ from, trouble }) => from > after && trouble.startsWith('limited'))
    .sort((a, b) => a.from - b.from)[0];
}

/** Holds the metrics against what the API told. Returns for how many accounts. */
async function compare(world: World): Promise<number> {
  let compared = 0;
  for (const account of ACCOUNTS) {
    const expected = expectedMetrics(world, account);
    if (!expected) continue;
    expect(await readAccountMetrics(world, account), account).toEqual(expected);
    compared += 1;
  }
  return compared;
}
