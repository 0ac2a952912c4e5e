import type { Snapshot } from '../usage/snapshot.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import type { WindowName } from '../usage/windows.ts';
import { currentWindows, findWindow, isLaterWindow, isSameWindow, type StatuslineUsage } from './statusline-usage.ts';

/**
 * Where the exported numbers come from; the values of the `source` label. `statusline` is an account that is not polled
 * at present, or not with success, and whose status lines tell of it; the same server says the same by both ways.
 */
export const SOURCES = ['official_api', 'official_api_stale', 'statusline'] as const;
export type Source = (typeof SOURCES)[number];

/** What is shown of an account as the present. */
export interface CurrentUsage {
  readonly snapshot: Snapshot;
  readonly source: Source;
  /** The windows that a status line has told fresher than the last poll. */
  readonly fromStatusline?: ReadonlySet<WindowName>;
}

/** What the last good poll found, while it is not too old to be shown. */
export interface PolledUsage {
  readonly snapshot: Snapshot;
  /** Whether it speaks for the present. */
  readonly fresh: boolean;
}

/** By how much two sources differ about one window. */
export interface Disagreement {
  readonly window: WindowName;
  readonly percent: number;
}

/** What is older or younger than this is another moment, at which the usage may well have been another. */
const SAME_MOMENT_MS = 10 * 60_000;

/** Of each window the fresher word, whichever way it came; `undefined` when nothing recent is known. */
export function combineSources(
  polled: PolledUsage | undefined,
  statusline: StatuslineUsage | undefined,
  now: number,
  staleAfterMs: number,
): CurrentUsage | undefined {
  const seenAt = statusline?.seenAt ?? 0;
  const fresher = currentWindows(statusline, now, staleAfterMs).filter(
    (told) => !polled || isFresher(told, seenAt, polled, now),
  );
  if (fresher.length === 0) {
    return polled && { snapshot: polled.snapshot, source: polled.fresh ? 'official_api' : 'official_api_stale' };
  }
  const told = new Map(fresher.map((window) => [window.window, window]));
  const known = polled?.snapshot.windows ?? [];
  const names = new Set([...known, ...fresher].map(({ window }) => window));
  const windows = [...names].flatMap((name) => {
    const before = findWindow(known, name);
    const after = told.get(name);
    return before && after ? [{ ...before, ...after }] : (after ?? before ?? []);
  });
  const source = polled?.fresh ? 'official_api' : 'statusline';
  const fetchedAt = polled?.fresh ? polled.snapshot.fetchedAt : seenAt;
  return {
    snapshot: { unknownKeys: [], ...polled?.snapshot, windows, fetchedAt },
    source,
    fromStatusline: new Set(told.keys()),
  };
}

function isFresher(told: WindowUsage, seenAt: number, { snapshot, fresh }: PolledUsage, now: number): boolean {
  if (seenAt <= snapshot.fetchedAt) return false;
  const before = findWindow(snapshot.windows, told.window);
  if (!before) return true;
  if (isSameWindow(told, before)) return told.percent >= before.percent;
  // As long as a fresh poll says that its window goes on, another one is that of another login; the next poll will tell.
  const goesOn = fresh && before.resetsAt !== undefined && before.resetsAt > now;
  return isLaterWindow(told, before) && !goesOn;
}

/** Where a window's numbers come from, of all that is shown. */
export function sourceOf({ source, fromStatusline }: CurrentUsage, window: WindowName): Source {
  if (fromStatusline?.has(window)) return 'statusline';
  return source === 'statusline' ? 'official_api_stale' : source;
}

/** The windows that both sources told of at about the same time, with how far they are apart. */
export function disagreements(
  polled: PolledUsage | undefined,
  statusline: StatuslineUsage | undefined,
  now: number,
  staleAfterMs: number,
): readonly Disagreement[] {
  if (!polled || !statusline || Math.abs(statusline.seenAt - polled.snapshot.fetchedAt) > SAME_MOMENT_MS) return [];
  return currentWindows(statusline, now, staleAfterMs).flatMap((told) => {
    const found = findWindow(polled.snapshot.windows, told.window);
    if (!found || (found.resetsAt !== undefined && found.resetsAt <= now)) return [];
    return [{ window: told.window, percent: Math.abs(found.percent - told.percent) }];
  });
}

/** When time alone next changes what a status line's word is worth. */
export function statuslineValidUntil(
  statusline: StatuslineUsage | undefined,
  now: number,
  staleAfterMs: number,
): number {
  const ends = currentWindows(statusline, now, staleAfterMs).map(
    ({ resetsAt }) => resetsAt ?? Number.POSITIVE_INFINITY,
  );
  if (!statusline || ends.length === 0) return Number.POSITIVE_INFINITY;
  return Math.min(statusline.seenAt + staleAfterMs + 1, ...ends);
}

/**
 * What is known of the windows that have not reset yet. A newer value replaces an older one; a window that an answer
 * leaves out, say because its section could not be read, stays known until it resets.
 */
export function updateLastKnown(
  known: readonly WindowUsage[],
  latest: readonly WindowUsage[],
  now: number,
): readonly WindowUsage[] {
  const windows = new Map([...known, ...latest].map((usage) => [usage.window, usage]));
  return [...windows.values()].filter(({ resetsAt }) => resetsAt !== undefined && resetsAt > now);
}
