import { DAY, HOUR, MINUTE, type ResetEvent } from './truth.ts';

/** Disturbances of the API. */
export const TROUBLES = [
  'limited',
  'limited for seconds',
  'limited until a date',
  'server error',
  'forbidden',
  'unreachable',
  'timeout',
  'truncated',
  'not JSON',
  'wrong shape',
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Episode {
  readonly from: number;
  readonly to: number;
  readonly trouble: Trouble;
}

/** The same sequence at every start, from 0 to 1. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Some trouble every two days or so, each kind in its turn, for minutes to half a day. */
export function forecastEpisodes(start: number, end: number, random: () => number): Episode[] {
  const episodes: Episode[] = [];
  for (let [from, kind] = [start + DAY, 0]; from < end - DAY; kind += 1) {
    const trouble = TROUBLES[kind % TROUBLES.length] ?? 'limited';
    // A timeout takes real time, so it strikes a poll or two.
    const lasts = trouble === 'timeout' ? 10 * MINUTE : 10 * MINUTE + random() ** 4 * 12 * HOUR;
    episodes.push({ from, to: from + lasts, trouble });
    from += lasts + random() * 4 * DAY;
  }
  return episodes;
}

/** Every other week something that no calendar tells. */
export function forecastResets(start: number, end: number, random: () => number): ResetEvent[] {
  const events: ResetEvent[] = [];
  for (let at = start + 3 * DAY; at < end - DAY; at += (7 + random() * 14) * DAY) {
    const byMs = Math.round((random() - 0.5) * 2 * DAY);
    events.push(
      events.length % 2 === 0 ? { at: Math.round(at), kind: 'early' } : { at: Math.round(at), kind: 'moved', byMs },
    );
  }
  return events;
}
