import type { AccountView } from '../../account/account-view.ts';
import { adviceFor, type RoutingPolicy } from '../../account/routing-policy.ts';
import type { Route } from '../route.ts';
import { type AccountTierBody, isoTime, tierAnswerSchema } from './api-schemas.ts';

export function tierRoutes(views: () => readonly AccountView[], policy: RoutingPolicy): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/api/v1/tier',
      guard: 'read',
      operation: {
        id: 'getTier',
        summary: 'The tier of every account, with the recommended models per task class',
        responses: {
          200: { description: 'All configured accounts.', content: { name: 'Tiers', schema: tierAnswerSchema } },
        },
      },
      handler: (_request, response) =>
        void response.json({ accounts: views().map((view) => tierAnswer(view, policy)) }),
    },
  ];
}

/** The answer for one account in `GET /api/v1/tier`, and the content of its tier file. */
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
