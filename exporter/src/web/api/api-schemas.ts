import { z } from 'zod';
import { REFUSAL_REASONS } from '../../account/gate.ts';
import { POLL_OUTCOMES } from '../../account/poll-outcome.ts';
import { SOURCES } from '../../account/sources.ts';
import { TIERS } from '../../account/tier.ts';

/** The bodies of the API. The program's types and the OpenAPI document are derived from them. */

const time = () => z.iso.datetime().describe('ISO 8601, UTC');
const percent = () => z.number().nonnegative().describe('0 to 100, or more if more than the limit was used');

const capSchema = (window: string) =>
  z
    .int('must be a whole number from 1 to 100, or null')
    .min(1, 'must be a whole number from 1 to 100, or null')
    .max(100, 'must be a whole number from 1 to 100, or null')
    .nullable()
    .describe(`Utilization of ${window} in percent at which new work is refused. Null is off.`);

export const capsSchema = z.strictObject(
  { session_pct: capSchema('the five-hour window'), week_pct: capSchema('any weekly window') },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'has keys besides session_pct and week_pct'
        : 'must be an object with session_pct and week_pct',
  },
);
export type CapsBody = z.output<typeof capsSchema>;

export const refusalSchema = z
  .strictObject({
    error: z.literal('quota_threshold_reached'),
    reason: z.enum(REFUSAL_REASONS),
    utilization_pct: percent(),
    threshold_pct: z.int(),
    resets_at: time().nullable().describe('Reset of the window that closes the gate. Null if the API reports none.'),
  })
  .describe('The only body that means "refused". Treat any other answer as an open gate.');
export type RefusalBody = z.output<typeof refusalSchema>;

export const gateOpenSchema = z.object({
  open: z.literal(true),
  stale: z.boolean().describe('True if there is no current usage, and the gate is open for that reason.'),
  thresholds: capsSchema,
});
export type GateOpenBody = z.output<typeof gateOpenSchema>;

const windowSchema = z.object({
  window: z.string(),
  utilization_percent: percent(),
  utilization_ratio: z.number().nonnegative(),
  resets_at: time().nullable(),
  duration_seconds: z.int(),
  active: z.boolean().nullable().describe('True if the API reports this limit as currently limiting.'),
  source: z.enum(SOURCES),
});

const moneySchema = z.object({ amount: z.number().describe('In major units of the currency.'), currency: z.string() });

const accountUsageSchema = z.object({
  account: z.string(),
  usage: z
    .record(z.string(), z.object({ utilization: percent(), resets_at: time().nullable() }))
    .nullable()
    .describe('By window. Null while there is no current usage.'),
  thresholds: capsSchema,
  paused: z.boolean().describe('True if the gate refuses new work.'),
  reason: z.enum(REFUSAL_REASONS).nullable(),
  resets_at: time().nullable().describe('Reset of the window that closes the gate.'),
  source: z.enum(SOURCES).nullable(),
  fetched_at: time().nullable(),
  age_seconds: z.int().nonnegative().nullable(),
  last_poll: z.object({ at: time(), outcome: z.enum(POLL_OUTCOMES), detail: z.string().nullable() }).nullable(),
  poll_reason: z
    .enum([...POLL_OUTCOMES, 'not_polled_yet', 'not_polled'])
    .nullable()
    .describe('Outcome of the last poll, or why there was none. Null after a good poll.'),
  blocked_until: time().nullable(),
  plan: z.string().nullable(),
  rate_limit_tier: z.string().nullable(),
  windows: z.array(windowSchema),
  extra_usage: z
    .object({
      enabled: z.boolean(),
      limit: moneySchema.nullable().describe('Null if unlimited or unknown.'),
      used: moneySchema.nullable(),
    })
    .nullable(),
});
export type AccountUsageBody = z.output<typeof accountUsageSchema>;

export const usageSchema = z.object({ accounts: z.array(accountUsageSchema) });
export type UsageBody = z.output<typeof usageSchema>;

const accountTierSchema = z.object({
  account: z.string(),
  tier: z.enum(TIERS).nullable().describe('Null while the current week is unknown.'),
  weeklyPercent: percent().nullable(),
  resetsAt: time().nullable(),
  fetchedAt: time().nullable().describe('Time of the last successful poll.'),
  stale: z
    .boolean()
    .describe('True if there is no current data. The percentage is then the last known one of this week, if any.'),
  routing: z
    .record(z.string(), z.array(z.string()).min(1))
    .describe('Models by task class, the recommended one first. The list never ends with the primary model.'),
});
export type AccountTierBody = z.output<typeof accountTierSchema>;

export const tierAnswerSchema = z.object({ accounts: z.array(accountTierSchema) });

export const problemSchema = z
  .object({
    title: z.string(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .describe('Problem details as in RFC 9457.');

/** Formats milliseconds since the epoch as the API does; null means unknown or not applicable. */
export function isoTime(ms: number): string;
export function isoTime(ms: number | undefined): string | null;
export function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
