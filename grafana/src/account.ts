import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board, labelVariable } from './board.ts';
import { addPanels } from './layout.ts';
import { curves, DATASOURCE, GOOD_IS_ONE, numbers, USAGE_COLOURS } from './panels.ts';

const WINDOW = 'account="$account",window="$window"';
const ACCOUNT = 'account="$account"';
const START = `max(claude_usage_window_start_timestamp_seconds{${WINDOW}})`;
const RESETS = `max(claude_usage_resets_at_timestamp_seconds{${WINDOW}})`;
const predicted = (percentile: string) =>
  `max(claude_usage_predicted_utilization_at_reset_ratio{${WINDOW},percentile="${percentile}"})`;

/** One window of one account: used so far, the even pace, and what the forecast expects. */
export function account() {
  const layout = board({
    uid: 'claude-usage-account',
    title: 'Claude usage / Account',
    description: 'Burn-up of one window of one Claude account.',
    from: 'now-7d',
  })
    .withVariable(labelVariable('account', 'Account', 'label_values(claude_usage_up, account)', { multi: false }))
    .withVariable(
      labelVariable('window', 'Window', `label_values(claude_usage_utilization_ratio{${ACCOUNT}}, window)`, {
        multi: false,
      }),
    )
    .annotation(
      annotation('Reset moved', 'orange', `last_over_time(ALERTS{alertname="ClaudeUsageResetMoved",${WINDOW}}[1m])`),
    )
    .annotation(
      annotation(
        'New window',
        'blue',
        `changes(claude_usage_window_start_timestamp_seconds{${WINDOW}}[$__interval]) > 0`,
      ),
    );
  return addPanels(layout, [burnUp(), ...facts(), fiveHours(), extraUsage(), gate(), caps()]);
}

function annotation(name: string, color: string, expr: string): dashboard.AnnotationQueryBuilder {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .enable(true)
    .iconColor(color)
    .datasource(DATASOURCE)
    .expr(expr);
}

function burnUp() {
  const placed = curves(
    {
      title: 'Burn-up',
      description:
        'Used so far, the pace that lasts exactly until the reset, and the range in which the forecast expects the utilization at the reset (10 to 90 %).',
      unit: 'percentunit',
      queries: [
        { expr: `max(claude_usage_utilization_ratio{${WINDOW}})`, legend: 'Used' },
        { expr: `clamp_max((time() - ${START}) / (${RESETS} - ${START}), 1)`, legend: 'Even pace' },
        { expr: predicted('10'), legend: 'Expected at reset, low' },
        { expr: predicted('50'), legend: 'Expected at reset' },
        { expr: predicted('90'), legend: 'Expected at reset, high' },
      ],
      width: 24,
      height: 11,
    },
    {},
  );
  placed.panel
    .overrideByName('Used', [
      { id: 'custom.lineWidth', value: 3 },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'blue' } },
    ])
    .overrideByName('Even pace', [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'text' } },
    ])
    .overrideByRegexp('/Expected at reset, (low|high)/', [
      { id: 'custom.lineWidth', value: 0 },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'orange' } },
    ])
    .overrideByName('Expected at reset, high', [
      { id: 'custom.fillBelowTo', value: 'Expected at reset, low' },
      { id: 'custom.fillOpacity', value: 20 },
    ])
    .overrideByName('Expected at reset', [{ id: 'color', value: { mode: 'fixed', fixedColor: 'orange' } }]);
  return placed;
}

function facts() {
  return [
    numbers(
      {
        title: 'Used',
        description: 'Share of the window that is used.',
        unit: 'percentunit',
        queries: [{ expr: `max(claude_usage_utilization_ratio{${WINDOW}})` }],
        width: 6,
      },
      USAGE_COLOURS,
    ),
    numbers({
      title: 'Resets in',
      description: 'Time until the window resets.',
      unit: 's',
      decimals: 0,
      queries: [{ expr: `${RESETS} - time()` }],
      width: 6,
    }),
    numbers(
      {
        title: 'Runs out before the reset',
        description: 'Probability by the forecast. The alert fires from 70 % on.',
        unit: 'percentunit',
        decimals: 0,
        queries: [{ expr: `max(claude_usage_predicted_exhaustion_probability{${WINDOW}})` }],
        width: 6,
      },
      USAGE_COLOURS,
    ),
    numbers({
      title: 'Runs out in',
      description: 'Median time by each method. Empty: not before the reset.',
      unit: 's',
      decimals: 0,
      queries: [
        {
          expr: `max by (method) (claude_usage_predicted_exhaustion_timestamp_seconds{${WINDOW}} < Inf) - time()`,
          legend: '{{method}}',
        },
      ],
      width: 6,
    }),
  ];
}

function fiveHours() {
  return curves(
    {
      title: 'All windows',
      description: 'Utilization of every window of the account.',
      unit: 'percentunit',
      queries: [{ expr: `max by (window) (claude_usage_utilization_ratio{${ACCOUNT}})`, legend: '{{window}}' }],
      width: 12,
      height: 9,
    },
    { max: 1 },
  );
}

function extraUsage() {
  return numbers(
    {
      title: 'Extra usage',
      description: 'Spent share of the monthly limit for usage beyond the plan.',
      unit: 'percentunit',
      decimals: 0,
      queries: [
        {
          expr: `max by (currency) (claude_usage_extra_used{${ACCOUNT}}) / (max by (currency) (claude_usage_extra_limit{${ACCOUNT}}) > 0)`,
          legend: '{{currency}}',
        },
      ],
      width: 4,
      height: 9,
    },
    USAGE_COLOURS,
  );
}

function gate() {
  const placed = numbers(
    {
      title: 'Gate',
      description: 'Whether new work may start, or a cap refuses it.',
      unit: 'short',
      queries: [{ expr: `min(claude_usage_gate_open{${ACCOUNT}})` }],
      width: 4,
      height: 9,
    },
    GOOD_IS_ONE,
  );
  const options = { '0': { text: 'closed', index: 0 }, '1': { text: 'open', index: 1 } };
  placed.panel.mappings([{ type: dashboard.MappingType.ValueToText, options }]);
  return placed;
}

function caps() {
  return numbers({
    title: 'Caps',
    description: 'Utilization from which the gate refuses new work. Empty: no caps.',
    unit: 'percentunit',
    decimals: 0,
    queries: [{ expr: `max by (cap) (claude_usage_gate_cap_ratio{${ACCOUNT}})`, legend: '{{cap}}' }],
    width: 4,
    height: 9,
  });
}
