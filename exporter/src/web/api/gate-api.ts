import type { GateView } from '../../account/account-view.ts';
import type { GateCaps, Refusal } from '../../account/gate.ts';
import { type CapsBody, type GateOpenBody, isoTime, type RefusalBody } from './api-schemas.ts';

export function capsBody({ sessionPct, weekPct }: GateCaps): CapsBody {
  return { session_pct: sessionPct, week_pct: weekPct };
}

export function capsOf({ session_pct, week_pct }: CapsBody): GateCaps {
  return { sessionPct: session_pct, weekPct: week_pct };
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
