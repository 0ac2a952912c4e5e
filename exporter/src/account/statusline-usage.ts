import type { WindowUsage } from '../usage/usage-body.ts';
import { TOP_LEVEL_WINDOWS } from '../usage/windows.ts';
import { findWindow, isLaterWindow, isSameWindow, liveReport, type SourceReport } from './sources.ts';

/**
 * Returns the report of an account's status lines after one of them showed `windows`; `undefined` if nothing is new. A
 * status line does not carry the age of its numbers, and an idle session repeats old ones, so only a later window or a
 * higher percentage is new.
 */
export function takeStatusline(
  held: SourceReport | undefined,
  windows: readonly WindowUsage[],
  now: number,
  staleAfterMs: number,
): SourceReport | undefined {
  const known = liveReport(held, now, staleAfterMs)?.windows ?? [];
  const news = windows.filter((window) => {
    const previous = findWindow(known, window.window);
    return (
      !previous ||
      isLaterWindow(window, previous) ||
      (isSameWindow(window, previous) && window.percent > previous.percent)
    );
  });
  if (news.length === 0) return undefined;
  const kept = known.filter(({ window }) => !findWindow(news, window));
  return {
    source: 'statusline',
    seenAt: now,
    windows: TOP_LEVEL_WINDOWS.flatMap((name) => findWindow([...kept, ...news], name) ?? []),
  };
}
