import { expect } from 'vitest';
import { blockMs } from './api.ts';
import { HOUR } from './truth.ts';
import { STALE_AFTER_MS, type World } from './world.ts';

/** Values of one account on /metrics. Absent series are undefined. */
export interface AccountMetrics {
  readonly utilization: Readonly<Record<string, number>>;
  readonly resetsAt: Readonly<Record<string, number>>;
  readonly up: number | undefined;
  readonly source: string | undefined;
  readonly lastSuccess: number | undefined;
  readonly blockedUntil: number | undefined;
  readonly budgetRemaining: number | undefined;
}

export async function readAccountMetrics({ readMetrics }: World, account: string): Promise<AccountMetrics> {
  const metrics = await readMetrics();
  const one = (name: string) => metrics.get(`claude_usage_${name}{account="${account}"}`);
  const by = (name: string, label: string) =>
    [...metrics].flatMap(([series, value]): [string, number][] => {
      const match = new RegExp(`^claude_usage_${name}\\{account="${account}",${label}="([^"]*)"\\}$`).exec(series);
      return match?.[1] === undefined ? [] : [[match[1], value]];
    });
  return {
    utilization: Object.fromEntries(by('utilization_ratio', 'window')),
    resetsAt: Object.fromEntries(by('resets_at_timestamp_seconds', 'window')),
    up: one('up'),
    source: by('source', 'source').find(([, value]) => value === 1)?.[0],
    lastSuccess: one('last_success_timestamp_seconds'),
    blockedUntil: one('blocked_until_timestamp_seconds'),
    budgetRemaining: one('poll_budget_remaining'),
  };
}

/**
 * What they must say, by what the API has told; `undefined` when that does not tell: while a request is in hand or was
 * another one's, and while there is no access token to ask with.
 */
export function expectedMetrics(world: World, account: string): AccountMetrics | undefined {
  const { api, clock, machineNow, intervalMs } = world;
  const asked = api.log(account);
  const [last, told] = [
    asked.findLast(({ what, answer }) => what === 'usage' && answer !== undefined),
    api.told(account),
  ];
  const isClear = last?.by === 'exporter' && asked.at(-1)?.answer !== undefined;
  if (!last || !isClear || world.loginIsInDoubt(account)) return undefined;
  const age = told ? machineNow() - told.machineTime : Number.POSITIVE_INFINITY;
  // A window whose reset has passed is not shown, and neither is a poll from before the clock was set far back.
  const known =
    told && Math.abs(age) <= STALE_AFTER_MS
      ? [...told.windows].filter(([, { resetsAt }]) => resetsAt === null || resetsAt > machineNow())
      : [];
  const succeeded = last.answer === 'told';
  const fresh = succeeded && age < 2 * intervalMs();
  const blocked = blockMs(last.answer);
  return {
    utilization: Object.fromEntries(known.map(([window, { ratio }]) => [window, ratio])),
    resetsAt: Object.fromEntries(
      known.flatMap(([window, { resetsAt }]) => (resetsAt === null ? [] : [[window, Math.trunc(resetsAt) / 1000]])),
    ),
    up: Number(succeeded),
    source: sourceOf(known.length > 0, fresh && Math.abs(age) <= STALE_AFTER_MS),
    lastSuccess: told && told.machineTime / 1000,
    blockedUntil: blocked === undefined ? undefined : (last.machineTime + blocked) / 1000,
    // While the trailing hour holds times of another clock, what it allows is another number.
    budgetRemaining: world.clockWasSetWithin(5 * HOUR)
      ? expect.any(Number)
      : 20 - asked.slice(-30).filter(({ at }) => at > clock.now() - HOUR).length,
  };
}

function sourceOf(hasWindows: boolean, fresh: boolean): string | undefined {
  if (fresh) return 'official_api';
  return hasWindows ? 'official_api_stale' : undefined;
}
