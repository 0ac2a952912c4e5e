import { type Html, html } from '@repo/common/html';
import type { ExtraUsage, Money } from '../../usage/extra-usage.ts';
import type { Plan } from '../../usage/profile-body.ts';

/** The plan as Anthropic's pricing page names it, such as `Max 20x`; the API's own words where they are unknown. */
export function describePlan({ plan, rateLimitTier }: Plan): string | undefined {
  const name = /^claude_(\w+)$/.exec(plan ?? '')?.[1];
  const multiple = /_(\d+x)$/.exec(rateLimitTier ?? '')?.[1];
  if (name === undefined) return plan ?? rateLimitTier;
  const title = name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
  return multiple === undefined ? title : `${title} ${multiple}`;
}

/** One line about use beyond the subscription, which is paid for by consumption; nothing where it is off. */
export function renderExtraUsage({ enabled, limit, used }: ExtraUsage): Html | '' {
  if (!enabled) return '';
  const spent = used === undefined ? 'on' : `${formatMoney(used)} used`;
  const bound = limit === undefined ? 'no limit reported' : `limit ${formatMoney(limit)}`;
  return html`<p class="extra line soft"><span>Extra usage</span><span>${spent}, ${bound}</span></p>`;
}

function formatMoney({ amount, currency }: Money): string {
  return amount.toLocaleString('en', { style: 'currency', currency, currencyDisplay: 'code' });
}
