import type { AccountView } from '../../account/account-state.ts';
import { adviceFor, type RoutingPolicy } from '../../account/routing-policy.ts';
import type { AccountTierBody } from './api-schemas.ts';
import { isoTime } from './iso-time.ts';

/** What `GET /api/v1/tier` and the file of an account say of its tier. */
export function tierAnswer({ state, tier }: AccountView, policy: RoutingPolicy): AccountTierBody {
  const routing = Object.entries(adviceFor(policy, tier.tier)).map(([task, models]) => [task, [...models]]);
  return {
    account: state.account,
    tier: tier.tier ?? null,
    weeklyPercent: tier.weeklyPercent ?? null,
    resetsAt: isoTime(tier.resetsAt),
    fetchedAt: isoTime(state.snapshot?.fetchedAt),
    stale: tier.stale,
    routing: Object.fromEntries(routing),
  };
}
