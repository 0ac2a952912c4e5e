import { WEEK_HOURS } from '../method.ts';

// Before any history: percent per hour (59 % a week), worth so many watched hours.
const PRIOR_LEVEL = 0.35;
const PRIOR_HOURS = 300;
// Before any history, Monday to Sunday; mean 1.
const PRIOR_DAYS = [1.05, 1.3, 1.25, 1.3, 1.2, 0.3, 0.3].map((day) => (day * 7) / 6.7);
// Weights of the priors in percent of use.
const HOUR_WEIGHT = 10;
const DAY_WEIGHT = 30;
const ROUNDS = 2;

export interface Profile {
  readonly level: number;
  readonly profile: readonly number[];
}

/**
 * Learns the level, and the profile of the week as day factor times hour factor. Both factors shrink towards a prior
 * of mean 1: working days and flat hours.
 */
export function learnProfile(use: readonly number[], seen: readonly number[]): Profile {
  const level = (sum(use) + PRIOR_LEVEL * PRIOR_HOURS) / (sum(seen) + PRIOR_HOURS);
  let days: readonly number[] = PRIOR_DAYS;
  let hours: readonly number[] = Array.from({ length: 24 }, () => 1);
  const usedByHour = fold(24, (k) => at(use, k), hourOfDay);
  const usedByDay = fold(7, (k) => at(use, k), dayOfWeek);
  for (let round = 0; round < ROUNDS; round++) {
    const [day, previous] = [days, hours];
    const usualByHour = fold(24, (k) => at(seen, k) * at(day, dayOfWeek(k)) * level, hourOfDay);
    hours = previous.map(
      (_, hour) => (smooth(usedByHour, hour) + HOUR_WEIGHT) / (smooth(usualByHour, hour) + HOUR_WEIGHT),
    );
    const factors = hours;
    const usualByDay = fold(7, (k) => at(seen, k) * at(factors, hourOfDay(k)) * level, dayOfWeek);
    days = PRIOR_DAYS.map((prior, k) => (at(usedByDay, k) + DAY_WEIGHT * prior) / (at(usualByDay, k) + DAY_WEIGHT));
  }
  const profile = Array.from({ length: WEEK_HOURS }, (_, k) => at(days, dayOfWeek(k)) * at(hours, hourOfDay(k)));
  return { level, profile };
}

const hourOfDay = (k: number): number => k % 24;
const dayOfWeek = (k: number): number => Math.floor(k / 24);
const at = (values: readonly number[], k: number): number => values[k] ?? 0;

function fold(size: number, value: (k: number) => number, group: (k: number) => number): number[] {
  const sums = Array.from({ length: size }, () => 0);
  for (let k = 0; k < WEEK_HOURS; k++) sums[group(k)] = at(sums, group(k)) + value(k);
  return sums;
}

function smooth(byHour: readonly number[], hour: number): number {
  return (at(byHour, (hour + 23) % 24) + 2 * at(byHour, hour) + at(byHour, (hour + 1) % 24)) / 4;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
