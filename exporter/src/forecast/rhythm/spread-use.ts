import { HOUR_MS, WEEK_HOURS } from '../method.ts';
import { closeDay } from './burstiness.ts';
import { hourOfWeek, type RhythmMemory } from './memory.ts';
import { learnProfile } from './profile.ts';

// Per hour, for half-lives of ten and three weeks.
const SLOW_FADE = 0.5 ** (1 / (10 * WEEK_HOURS));
const RECENT_FADE = 0.5 ** (1 / (3 * WEEK_HOURS));

/** Spreads the use between two points evenly over the hours between them. `hidden` hours are not counted as watched. */
export function spreadUse(
  memory: RhythmMemory,
  from: number,
  to: number,
  percent: number,
  hidden: boolean,
): RhythmMemory {
  const total = Math.max(1, to - from);
  const last = hourBefore(to);
  let state = memory.hour === null ? { ...memory, hour: last, ...learnProfile(memory.use, memory.seen) } : memory;
  // A gap of more than a week says nothing about its first hours.
  for (let hour = Math.max(hourBefore(from + 1000), last - WEEK_HOURS); hour <= last; hour++) {
    if (hour > (state.hour ?? hour)) state = beginHour(state, hour);
    const ms = Math.max(0, Math.min(to, (hour + 1) * HOUR_MS) - Math.max(from, hour * HOUR_MS));
    state = addUse(state, hourOfWeek(hour), (percent * ms) / total, hidden ? 0 : ms / HOUR_MS);
  }
  return state;
}

/** The hour that ends with this moment or contains it. */
function hourBefore(at: number): number {
  return Math.floor((at - 1000) / HOUR_MS);
}

function beginHour(memory: RhythmMemory, hour: number): RhythmMemory {
  const use = memory.use.map((value) => value * SLOW_FADE);
  const seen = memory.seen.map((value) => value * SLOW_FADE);
  const faded: RhythmMemory = {
    ...memory,
    ...learnProfile(use, seen),
    use,
    seen,
    recentUse: memory.recentUse * RECENT_FADE,
    recentSeen: memory.recentSeen * RECENT_FADE,
    hour,
  };
  return hour % 24 === 0 ? closeDay(faded) : faded;
}

function addUse(memory: RhythmMemory, slot: number, used: number, seen: number): RhythmMemory {
  const usual = seen * memory.level * (memory.profile[slot] ?? 0);
  return {
    ...memory,
    use: used > 0 ? memory.use.with(slot, (memory.use[slot] ?? 0) + used) : memory.use,
    seen: seen > 0 ? memory.seen.with(slot, (memory.seen[slot] ?? 0) + seen) : memory.seen,
    recentUse: memory.recentUse + used,
    recentSeen: memory.recentSeen + seen,
    today: {
      ...memory.today,
      use: memory.today.use + used,
      usual: memory.today.usual + usual,
      seen: memory.today.seen + seen,
    },
    window: { use: memory.window.use + used, usual: memory.window.usual + usual },
  };
}
