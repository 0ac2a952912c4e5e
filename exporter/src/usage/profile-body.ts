import { z } from 'zod';

/** The subscription of an account, as reported by the API. */
export interface Plan {
  /** Such as `claude_max`. */
  readonly plan?: string;
  /** Such as `default_claude_max_20x`. */
  readonly rateLimitTier?: string;
}

// The values become labels, so they must be short; anything else counts as unknown.
const labelSchema = z
  .string()
  .regex(/^[\w.:+-]{1,64}$/)
  .optional()
  .catch(undefined);
// The person's name, e-mail address and identifiers are in the same body, and are never read.
const profileSchema = z.object({
  organization: z.object({ organization_type: labelSchema, rate_limit_tier: labelSchema }),
});

/** Parses the plan in a profile; `undefined` if the body names none. */
export function parseProfile(body: unknown): Plan | undefined {
  const { data } = profileSchema.safeParse(body);
  const { organization_type: plan, rate_limit_tier: rateLimitTier } = data?.organization ?? {};
  if (plan === undefined && rateLimitTier === undefined) return undefined;
  return { ...(plan === undefined ? {} : { plan }), ...(rateLimitTier === undefined ? {} : { rateLimitTier }) };
}
