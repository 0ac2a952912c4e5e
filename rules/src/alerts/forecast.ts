import { RECORDED } from '../names.ts';
import type { RulesOptions } from '../options.ts';
import { type Labels, promql, secondsOf } from '../promql.ts';
import type { RuleFile } from '../rule.ts';
import type { AlertBuilder } from './alert.ts';
import { instant, percentage, UTILIZATION_CHART, WINDOW } from './texts.ts';

const { canonical, pace, running, slope, linearExhaustion } = RECORDED;

export function forecastAlerts(alert: AlertBuilder, labels: Labels, options: RulesOptions): RuleFile {
  const { projected_exhaustion: projected, linear_exhaustion: linear, burn_fast_factor: factor } = options;
  const probability = `max by (${labels.window}) (last_over_time(claude_usage_predicted_exhaustion_probability[15m]))`;
  const duration = `max by (${labels.with('window')}) (claude_usage_window_duration_seconds)`;
  const perWindow = `* on (${labels.with('window')}) group_left () ${duration}`;
  const rangeHours = secondsOf(linear.range) / 3600;
  return {
    path: 'alerts/forecast.yml',
    comment: 'Windows that run out before they reset.',
    groups: [
      {
        name: 'claude-usage.forecast',
        rules: [
          alert({
            alert: 'ClaudeUsageProjectedExhaustion',
            comment:
              'From the forecast of the exporter; the value is the median time. Fires and resolves at different\n' +
              'probabilities, so that it does not flap. 0.7 for an hour keeps false alarms at 14 % of the quiet weeks.',
            expr: promql`
              max by (${labels.window}) (last_over_time(claude_usage_predicted_exhaustion_timestamp_seconds{method="default"}[15m]))
              and
              (
                ${probability} >= ${projected.probability}
                or
                (
                  ${probability} >= ${projected.resolve_below}
                  and on (${labels.window})
                  last_over_time(ALERTS{alertname="ClaudeUsageProjectedExhaustion",alertstate="firing"}[10m])
                )
              )`,
            for: projected.for,
            keepFiringFor: projected.for,
            notify: 'state',
            severity: 'warning',
            summary: `{{ $labels.account }}: the ${WINDOW} is likely to run out{{ if lt $value 100000000000.0 }} at ${instant()},{{ end }} before it resets`,
            description: `The forecast expects this with a probability of at least ${projected.probability * 100} %.`,
            dashboard: 'account',
            chart: { query: UTILIZATION_CHART },
          }),
          alert({
            alert: 'ClaudeUsageBurnFast',
            comment:
              'Factor 1 lasts exactly for the window. The short range ends the alert when the burst ends; the third part\n' +
              'keeps it silent when the reset comes first. The runbook derives the factor.',
            expr: promql`
              max by (${labels.window}) (${slope}) ${perWindow} > ${factor}
              and
              max by (${labels.window}) (deriv(${pace}[1h]) and ${running}) ${perWindow} > ${factor}
              and
              ${linearExhaustion} < ${canonical}`,
            for: '10m',
            notify: 'state',
            severity: 'warning',
            summary: `{{ $labels.account }}: the ${WINDOW} is being used {{ $value | printf "%.0f" }} times too fast to last`,
            description: `At the pace of the last ${rangeHours} hours it runs out before it resets.`,
            dashboard: 'account',
            chart: { query: UTILIZATION_CHART },
          }),
          alert({
            alert: 'ClaudeUsageLinearExhaustion',
            comment:
              'A second opinion by PromQL alone. `predict_linear` needs a fixed horizon, so the second part asks whether\n' +
              'the line also reaches 100 % before the reset.',
            expr: promql`
              max by (${labels.window}) (predict_linear(${pace}[${linear.range}], ${linear.horizon_seconds}) and ${slope} > 0) >= 1
              and
              ${linearExhaustion} < ${canonical}`,
            for: '1h',
            notify: 'state',
            severity: 'info',
            summary: `{{ $labels.account }}: at this pace the ${WINDOW} reaches ${percentage()} within ${linear.horizon_seconds / 3600} hours`,
            description: `A straight line through the last ${rangeHours} hours, which knows no nights and no weekends.`,
            dashboard: 'account',
            chart: { query: UTILIZATION_CHART },
          }),
        ],
      },
    ],
  };
}
