import type { AccountView } from './account-state.ts';
import type { ExtraUsage } from './extra-usage.ts';
import { windowDurationSeconds } from './windows.ts';

/** The answer of `GET /api/v1/usage`. Times are ISO 8601 in UTC; null means unknown or not applicable. */
export function usageAnswer(views: readonly AccountView[], now: number) {
  return {
    accounts: views.map(({ state: { account, snapshot, lastPoll, blockedUntil }, polled, current }) => ({
      account,
      source: current?.source ?? null,
      fetched_at: isoTime(snapshot?.fetchedAt),
      age_seconds: snapshot ? Math.max(0, Math.round((now - snapshot.fetchedAt) / 1000)) : null,
      last_poll: lastPoll
        ? { at: isoTime(lastPoll.at), outcome: lastPoll.outcome, detail: lastPoll.detail ?? null }
        : null,
      reason:
        lastPoll?.outcome === 'success' ? null : (lastPoll?.outcome ?? (polled ? 'not_polled_yet' : 'not_polled')),
      blocked_until: isoTime(blockedUntil),
      windows: (current?.snapshot.windows ?? []).map(({ window, percent, resetsAt, active }) => ({
        window,
        utilization_percent: percent,
        utilization_ratio: percent / 100,
        resets_at: isoTime(resetsAt),
        duration_seconds: windowDurationSeconds(window),
        active: active ?? null,
      })),
      extra_usage: extraUsageAnswer(current?.snapshot.extraUsage),
    })),
  };
}

function extraUsageAnswer(extraUsage: ExtraUsage | undefined) {
  if (!extraUsage) return null;
  return { enabled: extraUsage.enabled, limit: extraUsage.limit ?? null, used: extraUsage.used ?? null };
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
