import { quantile, rowsOf, weeklyTotals } from './demand.ts';
import { createRandom, type Random } from './random.ts';
import { type Row, STEP_MS, WEEK_STEPS } from './trace.ts';
import { TYPICAL_QUOTA } from './training-sets.ts';

const HOUR_MS = 3_600_000;
const WEEKS = 20;
const START = Date.parse('2026-01-01T00:00:00Z');

interface Local {
  readonly hour: number;
  /** 0 is Monday. */
  readonly day: number;
  readonly week: number;
}

/** Use in the five minutes from `at` on, in any unit. */
type Rhythm = (at: number, local: Local) => number;

/** Bursty work: sessions start by chance, last about 1.5 h, each with its own strength. */
function sessions(random: Random, chance: number, sigma: number): (at: number, weight: number) => number {
  let until = 0;
  let strength = 0;
  return (at, weight) => {
    if (at >= until && random.uniform() < chance * weight) {
      until = at + HOUR_MS * 1.5 * random.lognormal(0.6);
      strength = random.lognormal(sigma);
    }
    return at < until ? strength * random.lognormal(0.7) : 0;
  };
}

/** A level that wanders from week to week. */
function wandering(random: Random, sigma: number, keep = 0.5): (week: number) => number {
  let current: number | undefined;
  let x = random.normal();
  return (week) => {
    while (current !== week) {
      current = current === undefined ? week : current + 1;
      x = keep * x + Math.sqrt(1 - keep * keep) * random.normal();
    }
    return Math.exp(sigma * x);
  };
}

const working = (day: number, hour: number): boolean => day < 5 && hour >= 9 && hour < 18;

/** Made-up rhythms, none of which the fit has seen. */
export const RHYTHMS: Readonly<Record<string, (random: Random) => Rhythm>> = {
  // Always on, nearly even, some hours idle.
  agents(random) {
    const level = wandering(random, 0.2);
    let on = true;
    return (at, { week }) => {
      if (at % HOUR_MS === 0) on = random.uniform() < 0.85;
      return on ? level(week) * random.lognormal(0.5) : 0;
    };
  },
  // Twelve people in an office.
  team(random) {
    const level = wandering(random, 0.2);
    const people = Array.from({ length: 12 }, () => sessions(random, 0.03, 0.5));
    return (at, { day, hour, week }) => {
      const weight = day >= 5 ? 0.05 : working(day, hour) ? 1 : 0.03;
      return level(week) * people.reduce((sum, person) => sum + person(at, weight), 0);
    };
  },
  // A batch at two in the morning, of varying size, sometimes none.
  night(random) {
    const level = wandering(random, 0.2);
    let size = 0;
    return (_, { hour, week }) => {
      if (hour === 1) size = random.uniform() < 0.1 ? 0 : random.lognormal(0.6);
      return hour >= 2 && hour < 5 ? level(week) * size * random.lognormal(0.4) : 0;
    };
  },
  // A hobby: the weekend, an hour on some evenings.
  weekends(random) {
    const level = wandering(random, 0.3);
    const person = sessions(random, 0.05, 0.6);
    return (at, { day, hour, week }) => {
      const evening = hour >= 20 && hour < 22 ? 0.1 : 0;
      return level(week) * person(at, day >= 5 ? (hour >= 9 && hour < 23 ? 1 : 0) : evening);
    };
  },
  // One person, Monday to Friday, with holidays.
  office(random) {
    const level = wandering(random, 0.3);
    const person = sessions(random, 0.04, 0.6);
    let off = false;
    let today: number | undefined;
    return (at, { day, hour, week }) => {
      if (today !== day) {
        today = day;
        off = random.uniform() < 0.07;
      }
      return off ? 0 : level(week) * person(at, working(day, hour) ? 1 : 0.01);
    };
  },
  // Five days on, two off; early, late and night shifts in turn.
  shift(random) {
    const level = wandering(random, 0.3);
    const person = sessions(random, 0.04, 0.6);
    return (at, { day, hour, week }) => {
      const days = week * 7 + day;
      const from = [6, 14, 22][Math.floor(days / 7) % 3] ?? 6;
      const isOn = (days + 2) % 7 < 5 && (hour - from + 24) % 24 < 8;
      return level(week) * person(at, isOn ? 1 : 0.01);
    };
  },
  // Somebody who works a lot and runs out every week.
  heavy(random) {
    const level = wandering(random, 0.3);
    const person = sessions(random, 0.06, 0.6);
    return (at, { day, hour, week }) =>
      level(week) * person(at, (day < 5 ? 1 : 0.5) * (hour >= 9 && hour < 23 ? 1 : 0.02));
  },
};

/** Makes one series of a rhythm. Its quota is typical; that of `heavy` is below every week. */
export function makeRhythm(name: string, seed: number): readonly Row[] {
  const random = createRandom(seed);
  const rhythm = RHYTHMS[name]?.(random);
  if (!rhythm) throw new Error(`no rhythm ${name}, only ${Object.keys(RHYTHMS).join(', ')}`);
  const shiftHours = Math.floor(random.uniform() * 24) - 12;
  const first = START + Math.floor(random.uniform() * 168) * HOUR_MS;
  const use = new Float64Array(WEEKS * WEEK_STEPS).map((_, k) => {
    const at = first + k * STEP_MS;
    return rhythm(at, localTime(at, shiftHours));
  });
  const totals = weeklyTotals(use);
  const quota =
    name === 'heavy' ? Math.min(...totals) / (1.05 + 0.35 * random.uniform()) : quantile(totals, TYPICAL_QUOTA);
  return rowsOf({ use, first }, quota);
}

function localTime(at: number, shiftHours: number): Local {
  const hours = Math.floor(at / HOUR_MS + shiftHours) + 72;
  return { hour: ((hours % 24) + 24) % 24, day: Math.floor(hours / 24) % 7, week: Math.floor(hours / 168) };
}
