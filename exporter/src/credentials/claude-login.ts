import { z } from 'zod';
import { CredentialError, type Credentials } from './credentials.ts';
import { timeSchema, tokenSchema } from './login-fields.ts';

const USAGE_SCOPE = 'user:profile';

export const CLAUDE_CODE_REMEDY = 'log in with Claude Code (`claude`, then `/login`), which keeps it up to date';

// The refresh token is left out: it is Claude Code's, and works once.
const loginSchema = z.object({
  claudeAiOauth: z
    .object({
      accessToken: tokenSchema,
      expiresAt: timeSchema.nullish(),
      refreshTokenExpiresAt: timeSchema.nullish(),
      scopes: z.array(z.string()).nullish(),
    })
    .nullish(),
});

/**
 * The login in JSON as Claude Code writes it, into a file or the Keychain; `place` says which.
 * @throws CredentialError
 */
export function parseClaudeLogin(json: string, place: string): Credentials {
  const parsed = loginSchema.safeParse(parseJson(json));
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') || 'the whole';
    throw new CredentialError('malformed_credentials', `${place} is not as Claude Code writes it: see ${at}`);
  }
  const login = parsed.data.claudeAiOauth;
  if (!login) throw new CredentialError('no_credentials', `${place} holds no login; ${CLAUDE_CODE_REMEDY}`);
  const credentials = {
    token: login.accessToken,
    ...(login.expiresAt ? { expiresAt: login.expiresAt } : {}),
    ...(login.refreshTokenExpiresAt ? { loginExpiresAt: login.refreshTokenExpiresAt } : {}),
  };
  if (login.scopes && !login.scopes.includes(USAGE_SCOPE)) {
    const detail = `the login in ${place} lacks the scope ${USAGE_SCOPE} (tokens of \`claude setup-token\` do); use a full login`;
    throw new CredentialError('scope_missing', detail, credentials);
  }
  return credentials;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
