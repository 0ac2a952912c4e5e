import { type Scenario, scenarioSchema } from './scenario.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A week that runs out, told in five minutes. The week reaches 50 % at once and 80 % after a burst of work, which
 * leaves too little for the days until the reset. The five hours run out and reset as usual. Then the week resets early.
 */
export const STORY: Scenario = scenarioSchema.parse({
  accounts: {
    demo: {
      shape: 'july',
      windows: {
        five_hour: {
          resetsIn: 170,
          durationSeconds: 5 * HOUR,
          points: [
            [0, 88],
            [100, 92],
            [135, 100],
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
            // Complete when the reset moves: no poll may see the old utilization with the new reset.
            [199.9, 86],
            [200, 2],
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
