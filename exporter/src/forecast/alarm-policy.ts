import { HOUR_MS, WEEK_HOURS } from './method.ts';

/** When a forecast deserves an alert. The alerting rules apply the same policy, with their own parameters. */
export interface AlarmPolicy {
  /** Fires at this probability, held for `holdMs`. */
  readonly probability: number;
  readonly holdMs: number;
}

export function alarmPolicyFor(durationMs: number): AlarmPolicy {
  return { probability: 0.7, holdMs: durationMs < WEEK_HOURS * HOUR_MS ? HOUR_MS / 6 : HOUR_MS };
}

export interface Alarm {
  /** Since when the probability has been high enough. */
  readonly since: number | null;
  /** When it first fired in this window. */
  readonly firedAt: number | null;
}

export const NO_ALARM: Alarm = { since: null, firedAt: null };

export function advanceAlarm({ since, firedAt }: Alarm, probability: number, at: number, policy: AlarmPolicy): Alarm {
  if (probability < policy.probability) return { since: null, firedAt };
  const from = since ?? at;
  return { since: from, firedAt: firedAt ?? (at - from >= policy.holdMs ? at : null) };
}
