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
/** How the windows of each account develop. */
export type Scenario = z.output<typeof scenarioSchema>;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A week that runs out, told in five minutes. The week reaches 50 % at once and 80 % after a burst of work, which
 * leaves too little for the days until the reset. The five hours run out and reset as usual. Then the week resets early.
 */
export const DEMO: Scenario = scenarioSchema.parse({
  accounts: {
    demo: {
      shape: 'july',
      windows: {
        five_hour: {
          resetsIn: 200,
          durationSeconds: 5 * HOUR,
          points: [
            [0, 88],
            [80, 91],
            [110, 100],
          ],
          risePerHour: 14,
          pastPace: 15,
        },
        seven_day: {
          resetsIn: 2 * DAY + 14 * HOUR,
          durationSeconds: 7 * DAY,
          points: [
            [0, 48],
            [10, 48],
            [15, 52],
            [60, 64],
            [75, 66],
            [80, 83],
            [200, 86],
            [201, 2],
          ],
          risePerHour: 2,
          moves: [[200, 4 * DAY + 10 * HOUR]],
          pastPace: 1.5,
        },
        seven_day_fable: {
          resetsIn: 2 * DAY + 14 * HOUR,
          durationSeconds: 7 * DAY,
          points: [[0, 36]],
          risePerHour: 1,
          pastPace: 1.1,
        },
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
