import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { gradeSummarySchema } from '../forecast/grade-summary.ts';
import type { ForecastPorts, StoredState } from '../forecast/live-forecasts.ts';
import type { UsagePoint } from '../forecast/method.ts';
import type { Samples } from './samples.ts';

/** Raised when the memory of a method changes. The next start then learns from the samples again. */
const VERSION = 1;

const storedSchema = z.object({
  version: z.number(),
  state: z.string().transform((text): unknown => JSON.parse(text)),
  grades: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(gradeSummarySchema),
});

export type ForecastHistory = Omit<ForecastPorts, 'now'>;

/** Forecasters are stored so that a restart reads no history again. The samples remain the source. */
export function createForecastHistory(
  database: DatabaseSync,
  { lastKnown }: Pick<Samples, 'lastKnown'>,
): ForecastHistory {
  const selectPoints = database.prepare(
    'SELECT time, percent, resets_at FROM samples WHERE account = ? AND window = ? AND time > ? AND resets_at IS NOT NULL ORDER BY time LIMIT ?',
  );
  const select = database.prepare('SELECT version, state, grades FROM forecasts WHERE account = ? AND window = ?');
  const upsert = database.prepare(
    `INSERT INTO forecasts VALUES (?, ?, ${VERSION}, ?, ?) ON CONFLICT (account, window)
     DO UPDATE SET version = excluded.version, state = excluded.state, grades = excluded.grades`,
  );
  return {
    windowsSince: (account, since) => lastKnown(account, since).map(({ window }) => window),
    pointsAfter: (account, window, after, limit) => selectPoints.all(account, window, after, limit).map(pointOf),
    load(account, window) {
      const stored = storedSchema.safeParse(select.get(account, window));
      if (!stored.success) return undefined;
      const { version, state, grades } = stored.data;
      // The version vouches for the shape of the state.
      return version === VERSION ? { state: state as StoredState, grades } : { grades };
    },
    save: (account, window, { state, grades }) =>
      void upsert.run(account, window, JSON.stringify(state), JSON.stringify(grades)),
  };
}

function pointOf({ time, percent, resets_at }: Record<string, unknown>): UsagePoint {
  return { at: Number(time), percent: Number(percent), resetsAt: Number(resets_at) };
}
