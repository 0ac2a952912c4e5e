import type { WindowScenario } from './scenario.ts';

/** The utilization of a window at one moment of the past. Times are in milliseconds since the epoch. */
export interface PastSample {
  readonly at: number;
  readonly percent: number;
  readonly resetsAt: number;
}

const HOUR_MS = 3_600_000;
const STEP_MS = 5 * 60_000;
/** The scenario starts at this hour of a working day. */
const HOUR_AT_START = 6;
const WORKING_HOURS = 10;

/**
 * Returns samples of the `days` before the start of a scenario, oldest first and five minutes apart. They lead to the
 * first point of the scenario. Earlier windows grow with `pastPace` while somebody works.
 */
export function pastSamples(window: WindowScenario, start: number, days: number): PastSample[] {
  const { resetsIn, durationSeconds, pastPace, points } = window;
  if (resetsIn === null) return [];
  const durationMs = durationSeconds * 1000;
  const currentBegin = start + resetsIn * 1000 - durationMs;
  const [, percentAtStart] = points[0] ?? [0, 0];
  const currentPace = percentAtStart / Math.max(activeHours(currentBegin, start, start), 0.01);

  const samples: PastSample[] = [];
  let begin = Number.NaN;
  let worked = 0;
  for (let at = start - days * 24 * HOUR_MS; at < start; at += STEP_MS) {
    const windowsAgo = Math.max(0, Math.ceil((currentBegin - at) / durationMs));
    const beginNow = currentBegin - windowsAgo * durationMs;
    worked =
      beginNow === begin ? worked + activityAt(at, start) * (STEP_MS / HOUR_MS) : activeHours(beginNow, at, start);
    begin = beginNow;
    const pace = windowsAgo === 0 ? currentPace : pastPace * (1 + 0.15 * Math.sin(windowsAgo));
    const percent = Math.min(100, Math.round(worked * pace * 10) / 10);
    samples.push({ at, percent, resetsAt: beginNow + durationMs });
  }
  return samples;
}

function activeHours(from: number, to: number, start: number): number {
  let hours = 0;
  for (let at = from; at < to; at += STEP_MS) hours += activityAt(at, start) * (STEP_MS / HOUR_MS);
  return hours;
}

/** Returns how much somebody works at a moment: 1 at full pace. The days repeat with the start of the scenario. */
function activityAt(at: number, start: number): number {
  const hours = (at - start) / HOUR_MS + HOUR_AT_START;
  const hourOfDay = ((hours % 24) + 24) % 24;
  const dayOfWeek = ((Math.floor(hours / 24) % 7) + 7) % 7;
  if (hourOfDay >= WORKING_HOURS) return 0.02;
  const isWeekend = dayOfWeek === 3 || dayOfWeek === 4;
  const isLunch = hourOfDay >= 4 && hourOfDay < 5;
  return (isWeekend ? 0.1 : 1) * (isLunch ? 0.3 : 1);
}
