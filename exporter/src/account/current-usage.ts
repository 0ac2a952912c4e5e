import type { PolledSource, Snapshot } from '../usage/snapshot.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import type { WindowName } from '../usage/windows.ts';
import { type MergedWindow, mergeSources } from './merge-sources.ts';
import { findWindow, SOURCES, type Source, type SourceReport, windowsBeforeReset } from './sources.ts';

/** The usage of an account that is shown as current. */
export interface CurrentUsage {
  /** The last good poll if there is one, with the windows that won over all sources. */
  readonly snapshot: Snapshot;
  /** The highest-ranked source that contributes. */
  readonly source: Source;
  readonly windowSources: ReadonlyMap<WindowName, WindowSource>;
}

export interface WindowSource {
  readonly source: Source;
  readonly seenAt: number;
}

/** The last good poll, while it is recent enough to be shown. */
export interface PolledUsage {
  readonly snapshot: Snapshot;
  /** False once a later poll failed or is overdue. */
  readonly fresh: boolean;
}

/** Difference between the poll and the status line about one window. */
export interface Disagreement {
  readonly window: WindowName;
  readonly percent: number;
}

/** Reports further apart than this describe different moments, so a difference means nothing. */
const COMPARABLE_MS = 10 * 60_000;

/** Returns the merged usage; `undefined` when nothing recent is known. `others` must be live. */
export function currentUsage(
  polled: PolledUsage | undefined,
  others: readonly SourceReport[],
  now: number,
): CurrentUsage | undefined {
  const report = polled && pollReport(polled, now);
  const merged = mergeSources(report ? [report, ...others] : others);
  // A poll that found no windows is current usage, too; one whose windows have all reset since is not.
  const isPollShown = polled !== undefined && (polled.fresh || polled.snapshot.windows.length === 0);
  if (merged.size === 0 && !isPollShown) return undefined;
  const contributors = new Set<Source>([...merged.values()].map(({ source }) => source));
  if (report && isPollShown) contributors.add(report.source);
  const source = SOURCES.find((each) => contributors.has(each)) ?? 'official_api_stale';
  const seenAt = Math.max(
    0,
    ...[...merged.values()].filter((each) => each.source === source).map((each) => each.seenAt),
  );
  return {
    snapshot: {
      unknownKeys: [],
      ...polled?.snapshot,
      windows: [...merged.values()].map(({ usage }) => usage),
      fetchedAt: report?.source === source ? report.seenAt : seenAt,
    },
    source,
    windowSources: new Map([...merged].map(([name, value]) => [name, sourceOfValue(value)])),
  };
}

function pollReport({ snapshot, fresh }: PolledUsage, now: number): SourceReport {
  const polledFrom: PolledSource = snapshot.source ?? 'official_api';
  return {
    source: fresh ? polledFrom : 'official_api_stale',
    windows: windowsBeforeReset(snapshot.windows, now),
    seenAt: snapshot.fetchedAt,
  };
}

function sourceOfValue({ source, seenAt }: MergedWindow): WindowSource {
  return { source, seenAt };
}

/** Returns where one window's numbers come from, and since when. */
export function windowSource({ source, snapshot, windowSources }: CurrentUsage, window: WindowName): WindowSource {
  return windowSources.get(window) ?? { source, seenAt: snapshot.fetchedAt };
}

/** Returns the windows that the poll and the status line both reported at about the same time, and how far they differ. */
export function disagreements(
  polled: PolledUsage | undefined,
  statusline: SourceReport | undefined,
  now: number,
): readonly Disagreement[] {
  if (!polled || !statusline || Math.abs(statusline.seenAt - polled.snapshot.fetchedAt) > COMPARABLE_MS) return [];
  const windows = windowsBeforeReset(polled.snapshot.windows, now);
  return statusline.windows.flatMap(({ window, percent }) => {
    const found = findWindow(windows, window);
    return found ? [{ window, percent: Math.abs(found.percent - percent) }] : [];
  });
}

/**
 * Updates the last known windows, which keep the gate closed while nothing current is known. A newer value replaces an
 * older one. A window that `latest` leaves out, say because its section could not be read, stays until it resets.
 */
export function updateLastKnown(
  known: readonly WindowUsage[],
  latest: readonly WindowUsage[],
  now: number,
): readonly WindowUsage[] {
  const windows = new Map([...known, ...latest].map((usage) => [usage.window, usage]));
  return [...windows.values()].filter(({ resetsAt }) => resetsAt !== undefined && resetsAt > now);
}
