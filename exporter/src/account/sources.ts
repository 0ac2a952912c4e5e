import type { WindowUsage } from '../usage/usage-body.ts';

/**
 * Where exported numbers come from, the most trusted first; the values of the `source` label. `official_api_stale` is
 * the last good poll after a later one failed. `statusline` is what a running Claude Code reports. `local_estimate` is
 * computed from transcripts.
 */
export const SOURCES = ['official_api', 'claude_code', 'statusline', 'official_api_stale', 'local_estimate'] as const;
export type Source = (typeof SOURCES)[number];

/** Windows as one source last reported them. */
export interface SourceReport {
  readonly source: Source;
  readonly windows: readonly WindowUsage[];
  /** When the source last reported something new, in milliseconds since the epoch. */
  readonly seenAt: number;
}

/** Resets of one window differ by up to two seconds between answers; two windows of one kind are hours apart. */
const SAME_RESET_MS = 60_000;

/**
 * Returns the report without windows whose reset has passed; `undefined` if nothing remains, or if the report is older
 * than `staleAfterMs`. A report from the future was stored while the clock was wrong, so its age is unknown.
 */
export function liveReport(
  report: SourceReport | undefined,
  now: number,
  staleAfterMs: number,
): SourceReport | undefined {
  if (!report || Math.abs(now - report.seenAt) > staleAfterMs) return undefined;
  const windows = windowsBeforeReset(report.windows, now);
  return windows.length === 0 ? undefined : { ...report, windows };
}

export function windowsBeforeReset(windows: readonly WindowUsage[], now: number): readonly WindowUsage[] {
  return windows.filter(({ resetsAt }) => resetsAt === undefined || resetsAt > now);
}

export function isSameWindow(a: WindowUsage, b: WindowUsage): boolean {
  // A window without a reset has not begun, or the source does not say; it may be any.
  if (a.resetsAt === undefined || b.resetsAt === undefined) return true;
  return Math.abs(a.resetsAt - b.resetsAt) <= SAME_RESET_MS;
}

export function isLaterWindow(a: WindowUsage, b: WindowUsage): boolean {
  return !isSameWindow(a, b) && (a.resetsAt ?? 0) > (b.resetsAt ?? 0);
}

export function findWindow(windows: readonly WindowUsage[], name: string): WindowUsage | undefined {
  return windows.find(({ window }) => window === name);
}
