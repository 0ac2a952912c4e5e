import type { AccountView } from '../../account/account-view.ts';
import { type CurrentUsage, windowSource } from '../../account/current-usage.ts';
import type { ExtraUsage } from '../../usage/extra-usage.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { windowDurationSeconds } from '../../usage/windows.ts';
import type { Route } from '../route.ts';
import { type AccountUsageBody, isoTime, type UsageBody, usageSchema } from './api-schemas.ts';
import { capsBody } from './gate-api.ts';

export function usageRoutes(views: () => readonly AccountView[], now: () => number): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/api/v1/usage',
      guard: 'read',
      operation: {
        id: 'getUsage',
        summary: 'The usage of every account, and whether its gate refuses new work',
        responses: {
          200: { description: 'All configured accounts.', content: { name: 'Usage', schema: usageSchema } },
        },
      },
      handler: (_request, response) => void response.json(usageAnswer(views(), now())),
    },
  ];
}

/** Returns the answer of `GET /api/v1/usage`. Times are ISO 8601 in UTC; null means unknown or not applicable. */
export function usageAnswer(views: readonly AccountView[], now: number): UsageBody {
  return { accounts: views.map((view) => accountAnswer(view, now)) };
}

function accountAnswer(
  { state, polled, current, gate: { caps, refusal } }: AccountView,
  now: number,
): AccountUsageBody {
  const { account, lastPoll, blockedUntil } = state;
  const fetchedAt = (current?.snapshot ?? state.snapshot)?.fetchedAt;
  return {
    account,
    usage: current ? usageByWindow(current.snapshot.windows) : null,
    thresholds: capsBody(caps),
    paused: refusal !== undefined,
    reason: refusal?.reason ?? null,
    resets_at: isoTime(refusal?.resetsAt),
    source: current?.source ?? null,
    fetched_at: isoTime(fetchedAt),
    age_seconds: fetchedAt === undefined ? null : Math.max(0, Math.round((now - fetchedAt) / 1000)),
    last_poll: lastPoll
      ? { at: isoTime(lastPoll.at), outcome: lastPoll.outcome, detail: lastPoll.detail ?? null }
      : null,
    poll_reason:
      lastPoll?.outcome === 'success' ? null : (lastPoll?.outcome ?? (polled ? 'not_polled_yet' : 'not_polled')),
    blocked_until: isoTime(blockedUntil),
    plan: state.plan?.plan ?? null,
    rate_limit_tier: state.plan?.rateLimitTier ?? null,
    windows: current ? windowAnswers(current) : [],
    extra_usage: extraUsageAnswer(current?.snapshot.extraUsage),
  };
}

function windowAnswers(current: CurrentUsage): AccountUsageBody['windows'] {
  return current.snapshot.windows.map(({ window, percent, resetsAt, active }) => ({
    window,
    utilization_percent: percent,
    utilization_ratio: percent / 100,
    resets_at: isoTime(resetsAt),
    duration_seconds: windowDurationSeconds(window),
    active: active ?? null,
    source: windowSource(current, window).source,
  }));
}

function usageByWindow(windows: readonly WindowUsage[]): AccountUsageBody['usage'] {
  return Object.fromEntries(
    windows.map(({ window, percent, resetsAt }) => [window, { utilization: percent, resets_at: isoTime(resetsAt) }]),
  );
}

function extraUsageAnswer(extraUsage: ExtraUsage | undefined): AccountUsageBody['extra_usage'] {
  if (!extraUsage) return null;
  return { enabled: extraUsage.enabled, limit: extraUsage.limit ?? null, used: extraUsage.used ?? null };
}
