import type { AccountView } from '../../account/account-view.ts';
import type { GradeSummary } from '../../forecast/grade-summary.ts';
import { METHOD_NAMES } from '../../forecast/method.ts';
import { defaultForecast, firstToRunOut, type WindowForecast } from '../../forecast/window-outlook.ts';
import type { Route } from '../route.ts';
import { isoTime } from './api-schemas.ts';
import { type ForecastBody, forecastSchema, type WindowForecastBody } from './forecast-schemas.ts';

export function forecastRoutes(views: () => readonly AccountView[]): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/api/v1/forecast',
      guard: 'read',
      operation: {
        id: 'getForecast',
        summary: 'When each window of every account will probably run out',
        responses: {
          200: { description: 'All configured accounts.', content: { name: 'Forecast', schema: forecastSchema } },
        },
      },
      handler: (_request, response) => void response.json(forecastAnswer(views())),
    },
  ];
}

/** Returns the answer of `GET /api/v1/forecast`. */
export function forecastAnswer(views: readonly AccountView[]): ForecastBody {
  return {
    accounts: views.map(({ state: { account }, forecasts = [] }) => ({
      account,
      first_to_run_out: firstToRunOut(forecasts)?.window ?? null,
      windows: forecasts.map(windowAnswer),
    })),
  };
}

function windowAnswer(forecast: WindowForecast): WindowForecastBody {
  const { window, point, unknown, known, grades } = forecast;
  const own = defaultForecast(forecast);
  return {
    window,
    resets_at: isoTime(point?.resetsAt),
    as_of: isoTime(point?.at),
    unknown: unknown ?? null,
    probability: own?.probability ?? null,
    exhaustion: own ? { p10: momentOf(own.p10), p50: momentOf(own.p50), p90: momentOf(own.p90) } : null,
    utilization_at_reset_percent: own
      ? { p10: own.percentAtReset(0.1), p50: own.percentAtReset(0.5), p90: own.percentAtReset(0.9) }
      : null,
    methods: known.map(([method, { probability, p50 }]) => ({ method, probability, exhausts_at: momentOf(p50) })),
    grades: grades ? gradesAnswer(grades) : [],
  };
}

function gradesAnswer({ methods }: GradeSummary): WindowForecastBody['grades'] {
  return METHOD_NAMES.flatMap((method) => {
    const summary = methods[method];
    if (!summary) return [];
    const { windows, brierSum, outcomes } = summary;
    return [{ method, windows, brier_score: brierSum / windows, outcomes }];
  });
}

function momentOf(time: number): string | null {
  return Number.isFinite(time) ? isoTime(Math.round(time)) : null;
}
