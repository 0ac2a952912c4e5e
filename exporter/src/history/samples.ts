import type { DatabaseSync } from 'node:sqlite';
import type { Source, SourceReport } from '../account/sources.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import { TOP_LEVEL_WINDOWS, type WindowName } from '../usage/windows.ts';

/** The utilization of a window at one moment. */
export interface UsageSample {
  readonly at: number;
  readonly percent: number;
}

/** A sample that was not polled by this installation. */
export interface ImportedSample extends UsageSample {
  readonly window: WindowName;
  readonly resetsAt: number;
}

/** Every recorded value of every window. */
export interface Samples {
  /** Stores the windows of a report; a repeated report changes nothing. */
  add(account: string, report: SourceReport): void;
  /** Returns the windows that have samples, by name. */
  windowsOf(account: string): readonly WindowName[];
  /** Returns the newest sample of each window, unless it is older than `since`. */
  lastKnown(account: string, since: number): readonly WindowUsage[];
  /** Returns the samples of one window, oldest first. */
  since(account: string, window: WindowName, since: number): readonly UsageSample[];
  /** Returns the newest values of one source, unless they are older than `since`. */
  lastReport(account: string, source: Source, since: number): SourceReport | undefined;
}

export function createSamples(database: DatabaseSync): Samples {
  const insert = database.prepare('INSERT OR IGNORE INTO samples VALUES (?, ?, ?, ?, ?, ?)');
  // Jumps from window to window in the primary key. DISTINCT and GROUP BY would read every sample of the account.
  const selectWindows = database.prepare(
    `WITH RECURSIVE windows (name) AS (
       SELECT min(window) FROM samples WHERE account = ?1
       UNION ALL
       SELECT (SELECT min(window) FROM samples WHERE account = ?1 AND window > name) FROM windows WHERE name IS NOT NULL
     )
     SELECT name FROM windows WHERE name IS NOT NULL`,
  );
  const selectNewest = database.prepare(
    'SELECT window, percent, resets_at FROM samples WHERE account = ? AND window = ? AND time >= ? ORDER BY time DESC LIMIT 1',
  );
  const selectNewestOfSource = database.prepare(
    'SELECT window, time, percent, resets_at FROM samples WHERE account = ? AND window = ? AND time >= ? AND source = ? ORDER BY time DESC LIMIT 1',
  );
  const selectSince = database.prepare(
    'SELECT time, percent FROM samples WHERE account = ? AND window = ? AND time >= ? ORDER BY time',
  );

  const windowsOf = (account: string) => selectWindows.all(account).map(({ name }) => String(name));

  return {
    add(account, { source, seenAt, windows }) {
      for (const { window, percent, resetsAt } of windows) {
        insert.run(account, window, seenAt, percent, resetsAt ?? null, source);
      }
    },
    windowsOf,
    lastKnown: (account, since) =>
      windowsOf(account).flatMap((window) => {
        const row = selectNewest.get(account, window, since);
        return row ? [windowOf(row)] : [];
      }),
    since: (account, window, since) =>
      selectSince
        .all(account, window, since)
        .map(({ time, percent }) => ({ at: Number(time), percent: Number(percent) })),
    lastReport(account, source, since) {
      const rows = TOP_LEVEL_WINDOWS.map((window) => selectNewestOfSource.get(account, window, since, source)).filter(
        (row) => row !== undefined,
      );
      if (rows.length === 0) return undefined;
      return { source, seenAt: Math.max(...rows.map(({ time }) => Number(time))), windows: rows.map(windowOf) };
    },
  };
}

function windowOf({ window, percent, resets_at }: Record<string, unknown>): WindowUsage {
  const resetsAt = resets_at === null ? {} : { resetsAt: Number(resets_at) };
  return { window: String(window), percent: Number(percent), ...resetsAt };
}
