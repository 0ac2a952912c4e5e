import { isNewWindow } from '../forecast/new-window.ts';
import { type WindowName, type WindowUsage, windowDurationSeconds } from '../usage/windows.ts';

/** Identity of a running window. The start stays while the reset time jitters or moves. */
export interface WindowStart {
  readonly window: WindowName;
  /** First seen reset time minus the window's duration, in whole minutes. Milliseconds since the epoch. */
  readonly startedAt: number;
  /** As of the last poll that reported a reset time ahead. */
  readonly resetsAt: number;
  readonly percent: number;
}

const MINUTE_MS = 60_000;

/** Updates the starts with the windows of a poll. A window without a reset time ahead keeps its start. */
export function updateWindowStarts(
  known: readonly WindowStart[],
  polled: readonly WindowUsage[],
  at: number,
): readonly WindowStart[] {
  const starts = new Map(known.map((start) => [start.window, start]));
  for (const { window, percent, resetsAt } of polled) {
    if (resetsAt === undefined || resetsAt <= at) continue;
    const before = starts.get(window);
    const isSame = before !== undefined && !isNewWindow({ ...before, at }, { at, percent, resetsAt });
    starts.set(window, { window, startedAt: isSame ? before.startedAt : startOf(window, resetsAt), resetsAt, percent });
  }
  return [...starts.values()];
}

function startOf(window: WindowName, resetsAt: number): number {
  return Math.round((resetsAt - windowDurationSeconds(window) * 1000) / MINUTE_MS) * MINUTE_MS;
}
