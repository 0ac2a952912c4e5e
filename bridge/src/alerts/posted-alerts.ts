import { z } from 'zod';
import type { Alert, AlertGroup } from './alert-group.ts';

/** The newest occurrence of an alert that was posted into the room. */
export interface PostedAlert {
  readonly status: Alert['status'];
  /** Start of the occurrence, in Unix milliseconds. Absent if an older version stored the card. */
  readonly startsAt?: number | undefined;
  /** End of the occurrence, in Unix milliseconds, if it was reported. */
  readonly endsAt?: number | undefined;
  /** When this status was posted, in Unix milliseconds. */
  readonly postedAt?: number | undefined;
  /** The annotation `occurrence`, if the rule has one. */
  readonly occurrence?: string | undefined;
}

/** Posted alerts by fingerprint. */
export type PostedAlerts = ReadonlyMap<string, PostedAlert>;

/** Late repetitions of an ended alert are recognized for this long. */
const ENDED_REMEMBERED_MS = 7 * 24 * 3_600_000;
const MAX_ENDED = 1000;

/** Forgets alerts that ended long ago, so that the record of a group does not grow forever. */
export function forgetEnded(posted: PostedAlerts, now: number): PostedAlerts {
  const ended = [...posted].filter(([, { status }]) => status === 'resolved');
  const kept = ended
    .filter(([, { postedAt = now }]) => now - postedAt < ENDED_REMEMBERED_MS)
    .toSorted(([, a], [, b]) => (b.postedAt ?? 0) - (a.postedAt ?? 0))
    .slice(0, MAX_ENDED);
  return new Map([...[...posted].filter(([, { status }]) => status === 'firing'), ...kept]);
}

/** Counts firing alerts of the card that the notification does not mention. */
export function countUnmentioned(posted: PostedAlerts, group: AlertGroup): number {
  const mentioned = new Set(group.alerts.map((alert) => alert.fingerprint));
  return [...posted].filter(([fingerprint, { status }]) => status === 'firing' && !mentioned.has(fingerprint)).length;
}

const time = z.number().nullable();
const status = z.enum(['firing', 'resolved']);
const storedSchema = z.union([
  z.array(z.tuple([z.string(), status, time, time, time, z.string().nullable().default(null)])),
  // Schema version 1 stored no occurrences.
  z
    .record(z.string(), status)
    .transform((states) =>
      Object.entries(states).map(([print, state]) => [print, state, null, null, null, null] as const),
    ),
]);

export function formatPosted(posted: PostedAlerts): string {
  return JSON.stringify(
    [...posted].map(([print, alert]) => [
      print,
      alert.status,
      alert.startsAt ?? null,
      alert.endsAt ?? null,
      alert.postedAt ?? null,
      alert.occurrence ?? null,
    ]),
  );
}

export function parsePosted(text: string): PostedAlerts {
  return new Map(
    storedSchema
      .parse(JSON.parse(text))
      .map(([print, state, startsAt, endsAt, postedAt, occurrence]) => [
        print,
        withoutNulls({ status: state, startsAt, endsAt, postedAt, occurrence }),
      ]),
  );
}

function withoutNulls({ status, ...times }: { status: PostedAlert['status'] } & Record<string, unknown>): PostedAlert {
  return { status, ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== null)) };
}
