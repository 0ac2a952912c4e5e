import { z } from 'zod';

/** What an account has subscribed to, in the API's own words. */
export interface Plan {
  /** Such as `claude_max`. */
  readonly plan?: string;
  /** Such as `default_claude_max_20x`. */
  readonly rateLimitTier?: string;
}

// The values become labels as they are, so they must be short; anything else counts as unknown.
const labelSchema = z
  .string()
  .regex(/^[\w.:+-]{1,64}$/)
  .optional()
  .catch(undefined);
// Name, e-mail address and identifiers of the person stand beside these, and are never read.
const profileSchema = z.object({
  organization: z.object({ organization_type: labelSchema, rate_limit_tier: labelSchema }),
});

/** Reads the plan from a profile; `undefined` when the body tells of none. */
export function parseProfile(body: unknown): Plan | undefined {
  const { data } = profileSchema.safeParse(body);
  const { organization_type: plan, rate_limit_tier: rateLimitTier } = data?.organization ?? {};
  if (plan === undefined && rateLimitTier === undefined) return undefined;
  return { ...(plan === undefined ? {} : { plan }), ...(rateLimitTier === undefined ? {} : { rateLimitTier }) };
}
