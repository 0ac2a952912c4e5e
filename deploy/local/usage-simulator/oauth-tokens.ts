import { z } from 'zod';

const refreshSchema = z.object({ grant_type: z.literal('refresh_token'), refresh_token: z.string() });
const EXPIRES_IN_SECONDS = 8 * 3600;

/** The logins of the simulated accounts: `token-work` and `refresh-work` are the first ones of `work`. */
export function createTokens(accounts: readonly string[]) {
  const access = new Map(accounts.map((account) => [`token-${account}`, account]));
  const refresh = new Map(accounts.map((account) => [`refresh-${account}`, account]));
  /** Of spent refresh tokens too. */
  const owners = new Map(refresh);
  let refreshes = 0;
  return {
    /** The account of a request for new tokens, and the refresh token that it trades in. */
    refreshOf(request: unknown): { account: string | undefined; refreshToken: string | undefined } {
      const refreshToken = refreshSchema.safeParse(request).data?.refresh_token;
      return { account: refreshToken === undefined ? undefined : owners.get(refreshToken), refreshToken };
    },
    accountOf: (token: string | undefined) => (token === undefined ? undefined : access.get(token)),
    /** Trades a refresh token in; it works once. */
    refresh(request: unknown, expiresIn = EXPIRES_IN_SECONDS): { status: number; body: unknown } {
      const parsed = refreshSchema.safeParse(request);
      const account = parsed.success ? refresh.get(parsed.data.refresh_token) : undefined;
      if (!parsed.success || account === undefined) return { status: 400, body: { error: 'invalid_grant' } };
      refresh.delete(parsed.data.refresh_token);
      refreshes += 1;
      const [access_token, refresh_token] = [`token-${account}-${refreshes}`, `refresh-${account}-${refreshes}`];
      access.set(access_token, account);
      refresh.set(refresh_token, account);
      owners.set(refresh_token, account);
      return { status: 200, body: { access_token, refresh_token, expires_in: expiresIn } };
    },
  };
}
