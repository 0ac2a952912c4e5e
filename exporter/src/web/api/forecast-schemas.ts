import { z } from 'zod';
import { OUTCOMES } from '../../forecast/grading.ts';
import { METHOD_NAMES, UNKNOWN_REASONS } from '../../forecast/method.ts';

const time = () => z.iso.datetime();
const quantiles = (value: z.ZodType) => z.object({ p10: value, p50: value, p90: value });

const windowForecastSchema = z.object({
  window: z.string(),
  resets_at: time().nullable(),
  as_of: time().nullable().describe('Time of the last sample, which the forecast starts from.'),
  unknown: z.enum(UNKNOWN_REASONS).nullable().describe('Why there is no forecast. Null if there is one.'),
  probability: z.number().min(0).max(1).nullable().describe('That the window runs out before its reset.'),
  exhaustion: quantiles(time().nullable().describe('Null: not before the reset.')).nullable(),
  utilization_at_reset_percent: quantiles(z.number()).nullable(),
  methods: z
    .array(z.object({ method: z.enum(METHOD_NAMES), probability: z.number(), exhausts_at: time().nullable() }))
    .describe('The methods that have a forecast, the default one first.'),
  grades: z
    .array(
      z.object({
        method: z.enum(METHOD_NAMES),
        windows: z.int(),
        brier_score: z.number(),
        outcomes: z.record(z.enum(OUTCOMES), z.int()),
      }),
    )
    .describe('Over all finished windows.'),
});
export type WindowForecastBody = z.output<typeof windowForecastSchema>;

export const forecastSchema = z.object({
  accounts: z.array(
    z.object({
      account: z.string(),
      first_to_run_out: z.string().nullable().describe('The window that is likeliest to run out.'),
      windows: z.array(windowForecastSchema),
    }),
  ),
});
export type ForecastBody = z.output<typeof forecastSchema>;
