import { z } from 'zod';

/** Names of the captured bodies in `bodies/` that the simulator can answer with, by their month of 2026. */
export const SHAPES = ['february', 'may', 'july', 'october'] as const;
export type Shape = (typeof SHAPES)[number];

const windowSchema = z.strictObject({
  /** Seconds from the start until the first reset; null for a window that has not begun. */
  resetsIn: z.number().positive().nullable(),
  durationSeconds: z.number().positive(),
  /** Seconds since the start, and the utilization in percent at that time; linear in between. */
  points: z.array(z.tuple([z.number().nonnegative(), z.number().nonnegative()])).min(1),
  /** Rise in percent an hour after the last point, and from 0 after a reset. */
  risePerHour: z.number().nonnegative().default(0),
  /** The reset is moved: seconds since the start, and by how many seconds. */
  moves: z.array(z.tuple([z.number().nonnegative(), z.number()])).default([]),
  /** Rise in percent for an hour of work in the windows before the start. */
  pastPace: z.number().nonnegative().default(0),
});
export type WindowScenario = z.output<typeof windowSchema>;

export const scenarioSchema = z.strictObject({
  accounts: z.record(
    z.string(),
    z.strictObject({ shape: z.enum(SHAPES), windows: z.record(z.string(), windowSchema) }),
  ),
});
/** The development of each account and its windows. */
export type Scenario = z.output<typeof scenarioSchema>;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A week with two thresholds and a moved reset, over a quarter of an hour. */
export const DEMO: Scenario = scenarioSchema.parse({
  accounts: {
    demo: {
      shape: 'july',
      windows: {
        five_hour: { resetsIn: 2 * HOUR + 12 * MINUTE, durationSeconds: 5 * HOUR, points: [[0, 42]], risePerHour: 14 },
        seven_day: {
          resetsIn: 2 * DAY + 14 * HOUR,
          durationSeconds: 7 * DAY,
          points: [
            [0, 57],
            [2 * MINUTE, 58],
            [2.5 * MINUTE, 81],
          ],
          risePerHour: 2,
          moves: [[12 * MINUTE, 5 * HOUR]],
        },
        seven_day_fable: { resetsIn: 2 * DAY + 14 * HOUR, durationSeconds: 7 * DAY, points: [[0, 36]], risePerHour: 1 },
      },
    },
  },
});

export interface WindowValues {
  readonly percent: number;
  /** Milliseconds since the epoch. */
  readonly resetsAt: number | null;
}

/** Returns the values of a window at `now` if its scenario began at `start` (both in milliseconds since the epoch). */
export function playWindow(window: WindowScenario, start: number, now: number): WindowValues {
  const elapsed = (now - start) / 1000;
  if (window.resetsIn === null) return { percent: percentAt(window, elapsed), resetsAt: null };
  const moved = window.moves.filter(([at]) => at <= elapsed).reduce((sum, [, by]) => sum + by, 0);
  const firstReset = window.resetsIn + moved;
  if (elapsed < firstReset) return { percent: percentAt(window, elapsed), resetsAt: start + firstReset * 1000 };
  const windowsSince = Math.floor((elapsed - firstReset) / window.durationSeconds);
  const begun = firstReset + windowsSince * window.durationSeconds;
  return {
    percent: ((elapsed - begun) / HOUR) * window.risePerHour,
    resetsAt: start + (begun + window.durationSeconds) * 1000,
  };
}

function percentAt({ points, risePerHour }: WindowScenario, elapsed: number): number {
  let [fromTime, fromPercent] = points[0] ?? [0, 0];
  for (const [time, percent] of points) {
    if (time > elapsed) {
      return fromPercent + ((percent - fromPercent) * Math.max(0, elapsed - fromTime)) / Math.max(1, time - fromTime);
    }
    [fromTime, fromPercent] = [time, percent];
  }
  return fromPercent + ((elapsed - fromTime) / HOUR) * risePerHour;
}
