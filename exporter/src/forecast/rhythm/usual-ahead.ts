import { HOUR_MS } from '../method.ts';
import { hourOf, hourOfWeek, type RhythmMemory } from './memory.ts';

/** Returns the use that the profile expects from `at` to each full hour ahead; the last entry is the reset itself. */
export function usualAhead(
  { level, profile }: Pick<RhythmMemory, 'level' | 'profile'>,
  at: number,
  resetsAt: number,
): readonly number[] {
  const sums: number[] = [];
  let sum = 0;
  for (let from = at; from < resetsAt - 1000; from += HOUR_MS) {
    const part = Math.min(1, (resetsAt - from) / HOUR_MS);
    sum += level * (profile[hourOfWeek(hourOf(from + (HOUR_MS / 2) * part))] ?? 0) * part;
    sums.push(sum);
  }
  return sums;
}
