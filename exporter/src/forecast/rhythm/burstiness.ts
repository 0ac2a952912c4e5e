import type { RhythmMemory } from './memory.ts';

// Before any history: the variance of a day's use divided by its mean, worth so many percent of use.
const PRIOR = 18;
const PRIOR_WEIGHT = 60;
// Per day, for a half-life of five weeks.
const FADE = 0.5 ** (1 / 35);
const MIN_WATCHED_HOURS = 12;

/** Returns how bursty the use is: about 1 for even use, 10 for one office worker, 20 and more for rare big sessions. */
export function burstiness({ squares, squaresUsual }: Pick<RhythmMemory, 'squares' | 'squaresUsual'>): number {
  return (squares + PRIOR_WEIGHT * PRIOR) / (squaresUsual + PRIOR_WEIGHT);
}

/** Compares the finished day with the usual one and starts the next day. */
export function closeDay(memory: RhythmMemory): RhythmMemory {
  const { use, usual, seen, partial } = memory.today;
  const next = { ...memory, today: { use: 0, usual: 0, seen: 0, partial: false } };
  if (partial || seen <= MIN_WATCHED_HOURS) return next;
  return {
    ...next,
    squares: memory.squares * FADE + (use - usual) ** 2,
    squaresUsual: memory.squaresUsual * FADE + usual,
  };
}
