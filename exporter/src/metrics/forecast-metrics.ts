import { ERROR_BUCKETS, type GradeSummary, type MethodSummary, outcomeCount } from '../forecast/grade-summary.ts';
import { OUTCOMES } from '../forecast/grading.ts';
import { METHOD_NAMES, type MethodName } from '../forecast/method.ts';
import { defaultForecast, type WindowForecast } from '../forecast/window-outlook.ts';
import type { AccountSamples } from './account-metrics.ts';
import type { Sample } from './exposition.ts';

const PERCENTILES = [10, 50, 90] as const;

/** Returns the forecast series of one account. Absent where nothing is known; the reason is a series. */
export function forecastSamples(account: string, forecasts: readonly WindowForecast[]): AccountSamples {
  const graded = forecasts.flatMap(({ window, grades }) => (grades ? methodsOf({ account, window }, grades) : []));
  return {
    claude_usage_predicted_exhaustion_timestamp_seconds: forecasts.flatMap(({ window, known }) =>
      known.map(([method, { p50 }]) => ({ labels: { account, window, method }, value: p50 / 1000 })),
    ),
    claude_usage_predicted_exhaustion_probability: forecasts.flatMap((forecast) => {
      const known = defaultForecast(forecast);
      return known ? [{ labels: { account, window: forecast.window }, value: known.probability }] : [];
    }),
    claude_usage_predicted_utilization_at_reset_ratio: forecasts.flatMap((forecast) => {
      const known = defaultForecast(forecast);
      if (!known) return [];
      return PERCENTILES.map((percentile) => ({
        labels: { account, window: forecast.window, percentile: String(percentile) },
        value: known.percentAtReset(percentile / 100) / 100,
      }));
    }),
    claude_usage_forecast_unknown: forecasts.flatMap(({ window, unknown }) =>
      unknown === undefined ? [] : [{ labels: { account, window, reason: unknown }, value: 1 }],
    ),
    claude_usage_forecast_error_seconds: graded.flatMap(([labels, summary]) => errorHistogram(labels, summary)),
    claude_usage_forecast_outcomes_total: graded.flatMap(([labels, summary]) =>
      OUTCOMES.map((outcome) => ({ labels: { ...labels, outcome }, value: outcomeCount(summary, outcome) })),
    ),
    claude_usage_forecast_brier_score: graded.map(([labels, { brierSum, windows }]) => ({
      labels,
      value: brierSum / windows,
    })),
  };
}

type MethodLabels = Readonly<Record<'account' | 'window' | 'method', string>>;

function methodsOf(
  labels: { readonly account: string; readonly window: string },
  { methods }: GradeSummary,
): readonly (readonly [MethodLabels, MethodSummary])[] {
  return METHOD_NAMES.flatMap((method: MethodName) => {
    const summary = methods[method];
    return summary ? [[{ ...labels, method }, summary] as const] : [];
  });
}

function errorHistogram(labels: MethodLabels, { errorCounts, errorSumSeconds }: MethodSummary): readonly Sample[] {
  let total = 0;
  const buckets = [...ERROR_BUCKETS, Number.POSITIVE_INFINITY].map((le, k) => {
    total += errorCounts[k] ?? 0;
    return { suffix: '_bucket', labels: { ...labels, le }, value: total };
  });
  return [...buckets, { suffix: '_sum', labels, value: errorSumSeconds }, { suffix: '_count', labels, value: total }];
}
