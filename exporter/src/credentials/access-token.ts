import type { Secret } from '@repo/common/secret';
import { CredentialError, type Credentials } from './credentials.ts';
import { tokenSchema, unreadable } from './login-fields.ts';

export const ACCESS_TOKEN_REMEDY = 'configure a new one';

/** A token that stands in the configuration, the environment or a file. @throws CredentialError */
export function readAccessToken(token: Secret): Credentials {
  const parsed = tokenSchema.safeParse(reveal(token));
  if (parsed.success) return { token: parsed.data };
  const detail = 'the configured access token is not one line of printable characters';
  throw new CredentialError('malformed_credentials', detail);
}

function reveal(token: Secret): string {
  try {
    return token.reveal();
  } catch (error) {
    throw unreadable(token.file ?? 'the configured access token', error, ACCESS_TOKEN_REMEDY);
  }
}
