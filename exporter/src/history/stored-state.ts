import { z } from 'zod';
import type { AccountState } from '../account/account-state.ts';
import { POLL_OUTCOMES } from '../account/poll-outcome.ts';

const storedMoneySchema = z.object({ amount: z.number(), currency: z.string() });

/** The part of an account's state that survives a restart. */
const storedStateSchema = z.object({
  lastPoll: z
    .object({ at: z.number(), outcome: z.enum(POLL_OUTCOMES), detail: z.string().exactOptional() })
    .exactOptional(),
  snapshot: z
    .object({
      fetchedAt: z.number(),
      source: z.enum(['official_api', 'claude_code']).exactOptional(),
      windows: z.array(
        z.object({
          window: z.string(),
          percent: z.number(),
          resetsAt: z.number().exactOptional(),
          displayName: z.string().exactOptional(),
          active: z.boolean().exactOptional(),
        }),
      ),
      extraUsage: z
        .object({
          enabled: z.boolean(),
          limit: storedMoneySchema.exactOptional(),
          used: storedMoneySchema.exactOptional(),
        })
        .exactOptional(),
      unknownKeys: z.array(z.string()),
    })
    .exactOptional(),
  windowStarts: z
    .array(z.object({ window: z.string(), startedAt: z.number(), resetsAt: z.number(), percent: z.number() }))
    .exactOptional(),
  blockedUntil: z.number().exactOptional(),
  pausedUntil: z.number().exactOptional(),
  plan: z
    .object({
      askedAt: z.number(),
      plan: z.string().exactOptional(),
      rateLimitTier: z.string().exactOptional(),
    })
    .exactOptional(),
  failures: z.number(),
  accessTokenExpiresAt: z.number().exactOptional(),
  loginExpiresAt: z.number().exactOptional(),
  clockSkewMs: z.number().exactOptional(),
  organization: z.string().exactOptional(),
  loginSince: z.number().exactOptional(),
  completeAt: z.number().exactOptional(),
});
type StoredState = z.output<typeof storedStateSchema>;

/** Returns the JSON text of what {@link parseState} restores. */
export function serializeState({ account: _account, requests: _requests, ...state }: AccountState): string {
  return JSON.stringify(state);
}

/** Returns the stored state; `undefined` if there is none, or if an incompatible version wrote it. */
export function parseState(text: unknown): StoredState | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return storedStateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
