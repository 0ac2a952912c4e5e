import type { WindowUsage } from '../usage/usage-body.ts';
import { TOP_LEVEL_WINDOWS } from '../usage/windows.ts';

/**
 * What Claude Code's status lines told of an account. A status line does not say how old its numbers are, and an idle
 * session repeats what it last heard; so only what changes is news.
 */
export interface StatuslineUsage {
  /** When something of it was last news, in milliseconds since the epoch. */
  readonly seenAt: number;
  readonly windows: readonly WindowUsage[];
}

/** Answers name one reset up to two seconds apart; two windows of one kind are hours apart. */
const SAME_RESET_MS = 60_000;

/**
 * What is known after a status line told `told`, or `undefined` when that is no news. Use only grows within a window,
 * so of several sessions the one that tells the most has heard the latest.
 */
export function takeStatusline(
  held: StatuslineUsage | undefined,
  told: readonly WindowUsage[],
  now: number,
  staleAfterMs: number,
): StatuslineUsage | undefined {
  const known = currentWindows(held, now, staleAfterMs);
  const news = told.filter((window) => {
    const before = findWindow(known, window.window);
    return (
      !before || isLaterWindow(window, before) || (isSameWindow(window, before) && window.percent > before.percent)
    );
  });
  if (news.length === 0) return undefined;
  const kept = known.filter(({ window }) => !findWindow(news, window));
  return { seenAt: now, windows: TOP_LEVEL_WINDOWS.flatMap((name) => findWindow([...kept, ...news], name) ?? []) };
}

/** The windows that a status line still tells the present of: heard lately, and not over. */
export function currentWindows(
  statusline: StatuslineUsage | undefined,
  now: number,
  staleAfterMs: number,
): readonly WindowUsage[] {
  if (!statusline || now - statusline.seenAt > staleAfterMs) return [];
  return statusline.windows.filter(({ resetsAt }) => resetsAt === undefined || resetsAt > now);
}

export function isSameWindow(a: WindowUsage, b: WindowUsage): boolean {
  // One without a reset has not begun or does not say; there is no other that it could be.
  if (a.resetsAt === undefined || b.resetsAt === undefined) return true;
  return Math.abs(a.resetsAt - b.resetsAt) <= SAME_RESET_MS;
}

export function isLaterWindow(a: WindowUsage, b: WindowUsage): boolean {
  return !isSameWindow(a, b) && (a.resetsAt ?? 0) > (b.resetsAt ?? 0);
}

export function findWindow(windows: readonly WindowUsage[], name: string): WindowUsage | undefined {
  return windows.find(({ window }) => window === name);
}
