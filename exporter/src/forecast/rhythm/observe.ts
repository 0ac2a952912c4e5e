import { HOUR_MS, type UsagePoint, WEEK_HOURS } from '../method.ts';
import { isNewWindow } from '../new-window.ts';
import { finishWindow } from './account-kind.ts';
import { type RhythmMemory, START } from './memory.ts';
import { spreadUse } from './spread-use.ts';

const FIRST_POLL_MS = 300_000;

/** Adds a point. Points that are not newer than the last one change nothing. */
export function observe(memory: RhythmMemory, point: UsagePoint): RhythmMemory {
  const before = memory.last;
  if (!before)
    return { ...spreadUse(memory, point.at, point.at, 0, false), last: point, fullSince: fullSince(null, point) };
  if (point.at <= before.at) return memory;
  const fresh = isNewWindow(before, point);
  const used = Math.max(0, point.percent - (fresh ? 0 : before.percent));
  const current: RhythmMemory = fresh
    ? { ...memory, finished: finishWindow(memory.finished, before.percent), window: START.window, fullSince: null }
    : memory;
  // Work that a full window hides is not "no work", so those hours count as not watched.
  const hidden = !fresh && before.percent >= 100;
  const [watched, from] =
    fresh && point.at - before.at > HOUR_MS ? skipGap(current, before, point) : [current, before.at];
  return {
    ...spreadUse(watched, from, point.at, used, hidden),
    last: point,
    fullSince: fullSince(current.fullSince, point),
    session: memory.session * Math.exp((before.at - point.at) / HOUR_MS) + used,
    activeAt: used > 0 ? point.at : memory.activeAt,
  };
}

/** Skips the hours of a gap before the new window began: nobody knows what was used in them. */
function skipGap(memory: RhythmMemory, before: UsagePoint, point: UsagePoint): [RhythmMemory, number] {
  const windowStart = Math.min(point.resetsAt - WEEK_HOURS * HOUR_MS, point.at - FIRST_POLL_MS);
  const from = Math.max(before.at, windowStart);
  return [spreadUse(memory, before.at, from, 0, true), from];
}

function fullSince(since: number | null, { at, percent }: UsagePoint): number | null {
  return percent < 100 ? null : (since ?? at);
}
