import type { Shape, WindowValues } from '../../deploy/local/usage-simulator/scenario.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Changes to a window in the year, besides rollovers. Times in milliseconds since the epoch. */
export interface ResetEvent {
  readonly at: number;
  /** `early`: all is given back at once, and a new window begins; `moved`: the same window ends at another time. */
  readonly kind: 'early' | 'moved';
  readonly byMs?: number;
}

export interface WindowLife {
  readonly firstReset: number;
  readonly durationMs: number;
  /** In the order of their times. */
  readonly events: readonly ResetEvent[];
  /** Hours of the day (UTC) in which a window that has ended does not begin again. */
  readonly idleHours: readonly number[];
}

/** Returns the true utilization at `now`: it rises evenly to a height that differs per window and may exceed 100. */
export function windowAt({ firstReset, durationMs, events, idleHours }: WindowLife, now: number): WindowValues {
  let [begun, end] = [firstReset - durationMs, firstReset];
  const rollOver = (until: number) => {
    const ended = Math.floor((until - end) / durationMs) + 1;
    if (ended > 0) [begun, end] = [end + (ended - 1) * durationMs, end + ended * durationMs];
  };
  for (const { at, kind, byMs = 0 } of events) {
    if (at > now) break;
    rollOver(at);
    if (kind === 'early') [begun, end] = [at, at + durationMs];
    else end = Math.max(at + HOUR, end + byMs);
  }
  rollOver(now);
  if (idleHours.includes(new Date(begun).getUTCHours())) return { percent: 0, resetsAt: null };
  const height = 20 + (Math.floor(begun / MINUTE) % 115);
  return { percent: (height * (now - begun)) / (end - begun), resetsAt: end };
}

/** Windows in a body of each shape, by the decimals of their percentages. */
export const TOLD: Record<Shape, Readonly<Record<string, 0 | 1>>> = {
  february: { five_hour: 1, seven_day: 1, seven_day_opus: 1, seven_day_sonnet: 1 },
  may: { five_hour: 1, seven_day: 1, seven_day_opus: 1, seven_day_sonnet: 1 },
  july: { five_hour: 1, seven_day: 1, seven_day_fable: 0 },
  october: { five_hour: 1, seven_day: 1, seven_day_fable: 0, seven_day_cowork: 0 },
};
