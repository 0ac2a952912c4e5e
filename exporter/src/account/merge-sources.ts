import type { WindowUsage } from '../usage/usage-body.ts';
import type { WindowName } from '../usage/windows.ts';
import { isSameWindow, SOURCES, type Source, type SourceReport } from './sources.ts';

/** The value chosen for one window. */
export interface MergedWindow {
  readonly usage: WindowUsage;
  readonly source: Source;
  readonly seenAt: number;
}

interface Candidate extends MergedWindow {
  readonly rank: number;
}

/** Values that were seen within this time count as simultaneous. */
const SAME_TIME_MS = 60_000;
/** They report the account's present windows, so they decide which period is the current one. */
const AUTHORITATIVE: ReadonlySet<Source> = new Set<Source>(['official_api', 'claude_code']);

/**
 * Chooses a value for each window. Among values of the current period, the freshest wins; of simultaneous ones the
 * highest, because usage only grows within a period; the rank of the source breaks ties. An estimate counts only for a
 * window that nothing else reports. The reports must be live: no window may have passed its reset.
 */
export function mergeSources(reports: readonly SourceReport[]): ReadonlyMap<WindowName, MergedWindow> {
  const names = new Set(reports.flatMap(({ windows }) => windows.map(({ window }) => window)));
  return new Map(
    [...names].flatMap((name) => {
      const chosen = choose(candidatesFor(name, reports));
      return chosen ? [[name, chosen] as const] : [];
    }),
  );
}

function candidatesFor(name: WindowName, reports: readonly SourceReport[]): readonly Candidate[] {
  const all = reports.flatMap(({ source, seenAt, windows }) =>
    windows
      .filter(({ window }) => window === name)
      .map((usage) => ({ usage, source, seenAt, rank: SOURCES.indexOf(source) })),
  );
  const reported = all.filter(({ source }) => source !== 'local_estimate');
  return reported.length > 0 ? reported : all;
}

function choose(candidates: readonly Candidate[]): MergedWindow | undefined {
  const anchor = currentPeriod(candidates);
  if (!anchor) return undefined;
  const samePeriod = candidates.filter(({ usage }) => isSameWindow(usage, anchor.usage));
  const aged = samePeriod.filter((candidate) => !isRepetition(candidate, samePeriod));
  const freshest = Math.max(...aged.map(({ seenAt }) => seenAt));
  const [best] = aged
    .filter(({ seenAt }) => freshest - seenAt <= SAME_TIME_MS)
    .sort((a, b) => b.usage.percent - a.usage.percent || a.rank - b.rank);
  if (!best) return undefined;
  // Only the API says which limit is active and when some windows reset.
  const known = samePeriod.toSorted((a, b) => b.rank - a.rank).map(({ usage }) => usage);
  return { ...best, usage: Object.assign({}, ...known, best.usage) };
}

/**
 * The candidate whose period is the current one: that of a fresh poll, because a status line with another period belongs
 * to another login or to an older window; without a fresh poll, the latest period.
 */
function currentPeriod(candidates: readonly Candidate[]): Candidate | undefined {
  const authoritative = candidates.filter(({ source }) => AUTHORITATIVE.has(source));
  if (authoritative.length > 0) return authoritative.toSorted((a, b) => b.seenAt - a.seenAt)[0];
  return candidates.toSorted((a, b) => (b.usage.resetsAt ?? 0) - (a.usage.resetsAt ?? 0))[0];
}

// A status line does not carry the age of its numbers, and an idle session repeats old ones. Usage only grows within a
// period, so a lower number than another source's is an old one.
function isRepetition({ source, usage }: Candidate, others: readonly Candidate[]): boolean {
  return source === 'statusline' && others.some((other) => other.usage.percent > usage.percent);
}
