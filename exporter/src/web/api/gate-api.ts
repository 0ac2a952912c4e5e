import type { z } from 'zod';
import type { GateView } from '../../account/account-state.ts';
import type { GateCaps, Refusal } from '../../account/gate.ts';
import { type CapsBody, capsSchema, type GateOpenBody, type RefusalBody } from './api-schemas.ts';
import { isoTime } from './iso-time.ts';

/** What is wrong with a body that was sent: where, and what to write instead. */
export interface BodyProblem {
  readonly path: string;
  readonly message: string;
}

export function capsBody({ sessionPct, weekPct }: GateCaps): CapsBody {
  return { session_pct: sessionPct, week_pct: weekPct };
}

export function gateOpenBody({ caps }: GateView, stale: boolean): GateOpenBody {
  return { open: true, stale, thresholds: capsBody(caps) };
}

export function refusalBody({ reason, utilizationPct, thresholdPct, resetsAt }: Refusal): RefusalBody {
  return {
    error: 'quota_threshold_reached',
    reason,
    utilization_pct: utilizationPct,
    threshold_pct: thresholdPct,
    resets_at: isoTime(resetsAt),
  };
}

export type ParsedCaps =
  | { readonly ok: true; readonly caps: GateCaps }
  | { readonly ok: false; readonly problems: readonly BodyProblem[] };

/** Reads the caps that a caller wants to set: both of them, or what is wrong. Quotes nothing from the body. */
export function parseCaps(text: string): ParsedCaps {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { ok: false, problems: [{ path: '', message: 'is not JSON' }] };
  }
  const { success, data, error } = capsSchema.safeParse(body);
  if (success) return { ok: true, caps: { sessionPct: data.session_pct, weekPct: data.week_pct } };
  return { ok: false, problems: error.issues.map(describe) };
}

function describe({ code, path: [key], message }: z.core.$ZodIssue): BodyProblem {
  if (code === 'unrecognized_keys') return { path: '', message: 'has keys besides session_pct and week_pct' };
  if (key === undefined) return { path: '', message: 'must be an object with session_pct and week_pct' };
  return { path: String(key), message };
}
