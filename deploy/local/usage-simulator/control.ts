import { z } from 'zod';
import { SHAPES } from './scenario.ts';

/** Response of the token endpoint to one account. */
const refreshSchema = z.strictObject({
  /** HTTP status to answer with; the refresh token stays good. */
  status: z.number().int().min(200).max(599).nullish(),
  /** The `error` of the body that comes with it. */
  error: z.string().nullish(),
  retryAfter: z.union([z.string(), z.number()]).nullish(),
  /** The refresh token is spent, and the answer comes when this is taken back. */
  hold: z.boolean().nullish(),
  /** Text to answer with in place of the new tokens; the refresh token is spent. */
  body: z.string().nullish(),
  /** Life of the new access token, in seconds. */
  expiresIn: z.number().positive().nullish(),
});

/** Makes one account behave otherwise. Null takes a setting back; what is left out stays as it is. */
export const controlSchema = z.strictObject({
  account: z.string().regex(/^[a-z0-9_-]+$/),
  /** Percent by window, in place of the scenario's. */
  utilization: z.record(z.string(), z.number()).nullish(),
  /** Reset by window (ISO 8601), or null for a window that has not begun. */
  reset: z.record(z.string(), z.iso.datetime({ offset: true }).nullable()).nullish(),
  shape: z.enum(SHAPES).nullish(),
  /** HTTP status to answer with, and no usage. */
  status: z.number().int().min(200).max(599).nullish(),
  /** Value of the Retry-After header, in seconds or as a date. */
  retryAfter: z.union([z.string(), z.number()]).nullish(),
  delayMs: z.number().nonnegative().nullish(),
  /** Break the connection off in the middle of the body. */
  truncate: z.boolean().nullish(),
  /** Text to answer with, whatever it is, in place of a usage body. */
  body: z.string().nullish(),
  /** HTTP status to answer with, and no profile. */
  profileStatus: z.number().int().min(200).max(599).nullish(),
  refresh: refreshSchema.nullish(),
});
export type Control = z.output<typeof controlSchema>;
