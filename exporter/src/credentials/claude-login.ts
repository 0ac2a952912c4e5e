import { z } from 'zod';
import { CredentialError, type Reading } from './credentials.ts';
import { timeSchema, tokenSchema } from './login-fields.ts';

const USAGE_SCOPE = 'user:profile';

export const LOG_IN_REMEDY = 'log in with Claude Code: run `claude`, then `/login`';
const REFRESHABLE_REMEDY = 'Claude Code refreshes it at its next use: run `claude`';
const REJECTED_REMEDY = 'run `claude` to refresh it, or log in again with `/login`';
export const SETUP_TOKEN_REMEDY =
  'use a full login (`claude`, then `/login`), or set `none: true` and feed the account with `claude-usage-exporter events`';

// Claude Code writes 0 for a token without an end; whatever else it may write must not cost the token.
const expirySchema = timeSchema.nullish().catch(undefined);

// The refresh token belongs to Claude Code and works once, so only its presence is read.
const loginSchema = z.object({
  claudeAiOauth: z
    .object({
      accessToken: z.union([z.literal(''), tokenSchema]).nullish(),
      refreshToken: z
        .unknown()
        .transform((token) => typeof token === 'string' && token !== '')
        .optional(),
      expiresAt: expirySchema,
      refreshTokenExpiresAt: expirySchema,
      scopes: z
        .union([z.array(z.string()), z.string().transform((text) => text.split(/[\s,]+/))])
        .nullish()
        .catch(undefined),
    })
    .nullish(),
});

/**
 * Parses the JSON that Claude Code writes into a file or the Keychain; `place` names which, for people.
 * @throws CredentialError
 */
export function parseClaudeLogin(json: string, place: string, now: number): Reading {
  const parsed = loginSchema.safeParse(parseJson(json));
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.');
    const where = at ? ` (see ${at})` : '';
    const message = `${place} is not in the format of Claude Code${where}`;
    throw new CredentialError('malformed_credentials', message, LOG_IN_REMEDY);
  }
  const login = parsed.data.claudeAiOauth;
  if (!login) throw new CredentialError('no_credentials', `${place} contains no login`, LOG_IN_REMEDY);
  const { accessToken: token, refreshToken: isRefreshable = false, expiresAt, refreshTokenExpiresAt, scopes } = login;
  // Claude Code keeps the entry and blanks its tokens when a refresh is rejected.
  if (!token) throw new CredentialError('no_credentials', `${place} contains a login without tokens`, LOG_IN_REMEDY);
  const credentials = {
    token,
    ...(expiresAt ? { expiresAt } : {}),
    ...(refreshTokenExpiresAt ? { loginExpiresAt: refreshTokenExpiresAt } : {}),
  };
  if (scopes && !scopes.includes(USAGE_SCOPE)) {
    const message = `the login in ${place} lacks the scope ${USAGE_SCOPE}, like every token of \`claude setup-token\``;
    throw new CredentialError('scope_missing', message, SETUP_TOKEN_REMEDY, credentials);
  }
  const hasEnded = refreshTokenExpiresAt ? refreshTokenExpiresAt <= now : !isRefreshable;
  return {
    credentials,
    place,
    expiredRemedy: hasEnded ? LOG_IN_REMEDY : REFRESHABLE_REMEDY,
    rejectedRemedy: hasEnded ? LOG_IN_REMEDY : REJECTED_REMEDY,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}
