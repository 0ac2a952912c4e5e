import type { AccountView } from '../../account/account-state.ts';
import type { History, UsageSample } from '../../history/history.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { windowDurationSeconds } from '../../usage/windows.ts';
import { thinOut, windowStart } from './usage-curve.ts';

/** The course of a window that an account shows. */
export type CurveOf = (view: AccountView, usage: WindowUsage) => readonly UsageSample[];

/** Reads curves from the history, each once for each new snapshot, because the page is asked for every few seconds. */
export function createCurves({ samplesSince }: Pick<History, 'samplesSince'>): CurveOf {
  const known = new Map<string, { readonly moment: string; readonly samples: readonly UsageSample[] }>();
  return ({ state: { account }, current }, usage) => {
    const start = windowStart(usage);
    if (!current || start === undefined) return [];
    // Between two polls, a status line may tell of more use.
    const moment = `${current.snapshot.fetchedAt} ${usage.percent}`;
    const key = `${account} ${usage.window}`;
    const before = known.get(key);
    if (before?.moment === moment) return before.samples;
    const durationMs = windowDurationSeconds(usage.window) * 1000;
    const samples = thinOut(samplesSince(account, usage.window, start), start, durationMs);
    known.set(key, { moment, samples });
    return samples;
  };
}
