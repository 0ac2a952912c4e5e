import { board, labelVariable } from './board.ts';
import { addPanels } from './layout.ts';
import { bars, curves, names, rows } from './panels.ts';

const ACCOUNT = 'account=~"$account"';
const USED = `max by (account, window) (claude_usage_utilization_ratio{${ACCOUNT}})`;
const RESETS = `max by (account, window) (claude_usage_resets_at_timestamp_seconds{${ACCOUNT}})`;
const RUNS_OUT = `max by (account, window) (claude_usage_predicted_exhaustion_timestamp_seconds{${ACCOUNT},method="default"})`;
const PROBABILITY = `max by (account, window) (claude_usage_predicted_exhaustion_probability{${ACCOUNT}})`;

/** All accounts at a glance: as on Claude's own usage page, with the forecast beside it. */
export function overview() {
  const dashboard = board({
    uid: 'claude-usage-overview',
    title: 'Claude usage / Overview',
    description: 'Utilization, resets and forecasts of all Claude accounts.',
    from: 'now-7d',
  }).withVariable(labelVariable('account', 'Account', 'label_values(claude_usage_up, account)', { multi: true }));
  return addPanels(dashboard, [
    bars({
      title: 'Used now',
      description: 'Share of each window that is used. Colours change at 50, 70 and 85 %.',
      unit: 'percentunit',
      queries: [{ expr: USED, legend: '{{account}} {{window}}' }],
      width: 12,
      height: 10,
    }),
    rows(
      {
        title: 'Resets and forecasts',
        description:
          'Time to the reset, the probability that the window runs out before it, and the median time until then. Empty: it does not run out before the reset.',
        unit: 'short',
        queries: [{ expr: `${RESETS} - time()` }, { expr: PROBABILITY }, { expr: `(${RUNS_OUT} < Inf) - time()` }],
        width: 12,
        height: 10,
      },
      [
        { name: 'Resets in', unit: 's' },
        { name: 'Probability', unit: 'percentunit' },
        { name: 'Runs out in', unit: 's' },
      ],
    ),
    curves(
      {
        title: 'Weeks',
        description: 'Utilization of the seven-day windows.',
        unit: 'percentunit',
        queries: [
          {
            expr: `max by (account, window) (claude_usage_utilization_ratio{${ACCOUNT},window!="five_hour"})`,
            legend: '{{account}} {{window}}',
          },
        ],
        width: 12,
        height: 9,
      },
      { max: 1 },
    ),
    curves(
      {
        title: 'Five hours',
        description: 'Utilization of the five-hour windows.',
        unit: 'percentunit',
        queries: [
          {
            expr: `max by (account) (claude_usage_utilization_ratio{${ACCOUNT},window="five_hour"})`,
            legend: '{{account}}',
          },
        ],
        width: 12,
        height: 9,
      },
      { max: 1 },
    ),
    names({
      title: 'Tier',
      description: 'Usage tier of each account, by its seven-day window.',
      unit: 'short',
      queries: [
        { expr: `max by (account, tier) (claude_usage_tier{${ACCOUNT}}) == 1`, legend: '{{account}}: {{tier}}' },
      ],
      width: 8,
    }),
    names({
      title: 'Plan',
      description: 'Subscription plan and rate-limit tier as reported by the API.',
      unit: 'short',
      queries: [
        { expr: `max by (account, plan) (claude_usage_plan_info{${ACCOUNT}})`, legend: '{{account}}: {{plan}}' },
      ],
      width: 8,
    }),
    names({
      title: 'Source',
      description: 'Where the current numbers of each account come from.',
      unit: 'short',
      queries: [
        { expr: `max by (account, source) (claude_usage_source{${ACCOUNT}}) == 1`, legend: '{{account}}: {{source}}' },
      ],
      width: 8,
    }),
  ]);
}
