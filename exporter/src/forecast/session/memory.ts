import { HOUR_MS, type UsagePoint } from '../method.ts';
import { isNewWindow } from '../new-window.ts';

/** Everything the default method remembers of five-hour windows. */
export interface SessionMemory {
  readonly last: UsagePoint | null;
  /** When the current window was first seen full. */
  readonly fullSince: number | null;
  readonly activeAt: number | null;
  /** Use of about the last hour in percent, fading. */
  readonly recent: number;
  readonly finished: FinishedSessions;
}

/** Fading sums over finished windows. */
export interface FinishedSessions {
  readonly count: number;
  readonly weight: number;
  readonly percent: number;
}

export const START: SessionMemory = {
  last: null,
  fullSince: null,
  activeAt: null,
  recent: 0,
  finished: { count: 0, weight: 0, percent: 0 },
};

// Per window; people have a few of them a day.
const FADE = 0.97;
// Polls this close tell well enough when the use happened.
const KNOWN_HOURS = 0.25;

/** Length of a five-hour window in hours. */
export const SESSION_HOURS = 5;

/** Adds a point. Points that are not newer than the last one change nothing. */
export function observe(memory: SessionMemory, point: UsagePoint): SessionMemory {
  const { last, finished } = memory;
  if (last && point.at <= last.at) return memory;
  const isNew = last !== null && isNewWindow(last, point);
  // The use before the first point belongs to the window as well: a window begins with its first use.
  const used = Math.max(0, point.percent - (last && !isNew ? last.percent : 0));
  const windowStart = point.resetsAt - SESSION_HOURS * HOUR_MS;
  const unseenHours = (point.at - Math.max(last?.at ?? 0, windowStart)) / HOUR_MS;
  const fullSince = isNew ? null : memory.fullSince;
  return {
    last: point,
    fullSince: point.percent < 100 ? null : (fullSince ?? point.at),
    activeAt: used > 0 ? point.at : memory.activeAt,
    recent: memory.recent * (last ? Math.exp((last.at - point.at) / HOUR_MS) : 0) + recentPart(used, unseenHours),
    finished: isNew ? finish(finished, last.percent) : finished,
  };
}

/** The part of the use that still counts as recent, if nobody knows when in the last hours it happened. */
function recentPart(used: number, unseenHours: number): number {
  return unseenHours <= KNOWN_HOURS ? used : (used * (1 - Math.exp(-unseenHours))) / unseenHours;
}

function finish({ count, weight, percent }: FinishedSessions, last: number): FinishedSessions {
  return { count: count + 1, weight: weight * FADE + 1, percent: percent * FADE + Math.min(100, last) };
}
