import { board, labelVariable } from './board.ts';
import { addPanels } from './layout.ts';
import { bars, curves, NEUTRAL, names, numbers } from './panels.ts';

const ACCOUNT = 'account=~"$account"';

/** Quality of the forecasts, graded when windows end. */
export function forecast() {
  const layout = board({
    uid: 'claude-usage-forecast',
    title: 'Claude usage / Forecast quality',
    description: 'Forecasts of Claude usage, graded when each window ends.',
    from: 'now-30d',
  }).withVariable(labelVariable('account', 'Account', 'label_values(claude_usage_up, account)', { multi: true }));
  return addPanels(layout, [
    curves(
      {
        title: 'Probability that the window runs out before its reset',
        description: 'Forecast of the default method. An alert fires from 70 % on and resolves below 50 %.',
        unit: 'percentunit',
        queries: [
          {
            expr: `max by (account, window) (claude_usage_predicted_exhaustion_probability{${ACCOUNT}})`,
            legend: '{{account}} {{window}}',
          },
        ],
        width: 24,
        height: 9,
      },
      { max: 1 },
    ),
    bars(
      {
        title: 'Brier score',
        description: 'Mean squared error of the probabilities over the graded windows: 0 is perfect, 0.25 is guessing.',
        unit: 'short',
        decimals: 3,
        queries: [
          {
            expr: `max by (window, method) (claude_usage_forecast_brier_score{${ACCOUNT}})`,
            legend: '{{window}} {{method}}',
          },
        ],
        width: 8,
        height: 12,
      },
      NEUTRAL,
      0.5,
    ),
    bars(
      {
        title: 'Outcomes',
        description:
          'Graded windows: announced and run out (hit), run out unannounced (missed), announced in vain, quiet.',
        unit: 'short',
        queries: [
          {
            expr: `sum by (method, outcome) (claude_usage_forecast_outcomes_total{${ACCOUNT}})`,
            legend: '{{method}} {{outcome}}',
          },
        ],
        width: 8,
        height: 12,
      },
      NEUTRAL,
      50,
    ),
    numbers({
      title: 'Median error',
      description: 'Half of the predicted times were closer than this to the actual time.',
      unit: 's',
      decimals: 0,
      queries: [
        {
          expr: `histogram_quantile(0.5, sum by (method, le) (claude_usage_forecast_error_seconds_bucket{${ACCOUNT}}))`,
          legend: '{{method}}',
        },
      ],
      width: 8,
      height: 12,
    }),
    names({
      title: 'No forecast',
      description: 'Windows without a forecast, and why.',
      unit: 'short',
      queries: [
        {
          expr: `max by (account, window, reason) (claude_usage_forecast_unknown{${ACCOUNT}}) == 1`,
          legend: '{{account}} {{window}}: {{reason}}',
        },
      ],
      width: 24,
    }),
  ]);
}
