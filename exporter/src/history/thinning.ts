import type { DatabaseSync } from 'node:sqlite';
import type { Samples } from './samples.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * Old samples are thinned to one for each step of time and each period. A year of polls of one account with six windows
 * is 630,000 samples; thinned it is 86,000, and two years take about 10 MB. Samples older than the last rule are deleted.
 */
const RULES = [
  { olderThanMs: 14 * DAY_MS, stepMs: 15 * MINUTE_MS },
  { olderThanMs: 90 * DAY_MS, stepMs: HOUR_MS },
] as const;
const KEEP_MS = 2 * 366 * DAY_MS;

/** Thins out one day of an account's samples for each rule, so that no call takes long. Called after each good poll. */
export type ThinOut = (account: string, now: number) => void;

export function createThinning(database: DatabaseSync, { windowsOf }: Pick<Samples, 'windowsOf'>): ThinOut {
  const selectUntil = database.prepare('SELECT until FROM thinned WHERE account = ? AND step = ?');
  const upsertUntil = database.prepare(
    'INSERT INTO thinned VALUES (?, ?, ?) ON CONFLICT (account, step) DO UPDATE SET until = excluded.until',
  );
  const selectOldest = database.prepare(
    'SELECT time FROM samples WHERE account = ? AND window = ? AND time >= ? ORDER BY time LIMIT 1',
  );
  // The newest sample of each step, and of each period: resets differ by seconds within one.
  const deleteBetween = database.prepare(
    `DELETE FROM samples WHERE account = ?1 AND window = ?2 AND time >= ?3 AND time < ?4 AND time NOT IN (
       SELECT max(time) FROM samples WHERE account = ?1 AND window = ?2 AND time >= ?3 AND time < ?4
       GROUP BY time / CAST(?5 AS INTEGER), (coalesce(resets_at, 0) + ${MINUTE_MS / 2}) / ${MINUTE_MS}
     )`,
  );
  const deleteBefore = database.prepare('DELETE FROM samples WHERE account = ? AND window = ? AND time < ?');

  // The day on which nothing was left to do for an account, so that most polls cost nothing.
  const doneOn = new Map<string, number>();

  return (account, now) => {
    if (doneOn.get(account) === dayStart(now)) return;
    let isDone = true;
    const windows = windowsOf(account);
    for (const { olderThanMs, stepMs } of RULES) {
      const end = dayStart(now - olderThanMs);
      const from = Number(selectUntil.get(account, stepMs)?.until ?? 0);
      // Skips the days without samples, of which there may be many.
      const oldest = windows.map((window) => Number(selectOldest.get(account, window, from)?.time ?? end));
      const start = dayStart(Math.min(end, ...oldest));
      if (start >= end) continue;
      isDone = false;
      for (const window of windows) deleteBetween.run(account, window, start, start + DAY_MS, stepMs);
      upsertUntil.run(account, stepMs, start + DAY_MS);
    }
    for (const window of windows) deleteBefore.run(account, window, now - KEEP_MS);
    if (isDone) doneOn.set(account, dayStart(now));
  };
}

function dayStart(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS;
}
