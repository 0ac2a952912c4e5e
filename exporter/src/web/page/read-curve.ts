import type { AccountView } from '../../account/account-view.ts';
import type { History } from '../../history/history.ts';
import type { UsageSample } from '../../history/samples.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { windowDurationSeconds } from '../../usage/windows.ts';
import { windowStart } from './usage-curve.ts';

/** More points than this are not visible in a curve of the page's width. */
const MAX_POINTS = 120;

/** Samples of a window that an account shows, oldest first. */
export type CurveOf = (view: AccountView, usage: WindowUsage) => readonly UsageSample[];

/** Reads curves from the history. Each is read once per snapshot, because open pages ask every few seconds. */
export function createCurves({ samplesSince }: Pick<History, 'samplesSince'>): CurveOf {
  const known = new Map<string, { readonly moment: string; readonly samples: readonly UsageSample[] }>();
  return ({ state: { account, loginSince = 0 }, current }, usage) => {
    const start = windowStart(usage);
    if (!current || start === undefined) return [];
    // Between two polls a status line may report more use.
    const moment = `${current.snapshot.fetchedAt} ${usage.percent}`;
    const key = `${account} ${usage.window}`;
    const before = known.get(key);
    if (before?.moment === moment) return before.samples;
    const durationMs = windowDurationSeconds(usage.window) * 1000;
    const samples = thinOut(samplesSince(account, usage.window, Math.max(start, loginSince)), start, durationMs);
    known.set(key, { moment, samples });
    return samples;
  };
}

/** Keeps the newest sample of each stretch of time that a curve can show. */
export function thinOut(samples: readonly UsageSample[], start: number, durationMs: number): readonly UsageSample[] {
  const byStretch = new Map(
    samples.map((sample) => [Math.floor(((sample.at - start) / durationMs) * MAX_POINTS), sample]),
  );
  return [...byStretch.values()];
}
