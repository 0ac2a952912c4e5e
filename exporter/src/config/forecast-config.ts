import { durationSchema, section } from '@repo/common/config';

/** Settings of the forecast. */
export const forecastSchema = section({
  linear_range: durationSchema({ atMost: '7d' })
    .refine((ms) => ms >= 3_600_000, 'is below 1h, too short for a line')
    .prefault('6h')
    .meta({ form: 'duration, at least 1h, at most 7d' })
    .describe('Time that the method `linear_6h` fits its line over.'),
});
