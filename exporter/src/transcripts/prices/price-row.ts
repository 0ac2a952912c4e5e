import { z } from 'zod';

const dollars = z.number().nonnegative();

/** Price of a model in dollars per million tokens. */
export const priceRowSchema = z.strictObject({
  models: z.array(z.string().min(1)).min(1),
  /** The first day, in UTC; without it, from the beginning. */
  from: z.iso.date().optional(),
  /** Holds for requests whose prompt, what is read from the cache and written to it included, is longer than this. */
  promptAbove: z.number().int().positive().optional(),
  input: dollars,
  output: dollars,
  cacheRead: dollars,
  /** Default: 1.25 times the input. */
  write5m: dollars.optional(),
  /** Default: twice the input. */
  write1h: dollars.optional(),
  /** Factor for fast mode. If absent, the price of fast mode is unknown. */
  fastFactor: z.number().positive().optional(),
  source: z.string().optional(),
});

export type PriceRow = z.infer<typeof priceRowSchema>;
