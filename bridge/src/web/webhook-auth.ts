import { isAuthorized } from '@repo/common/web/authorization';
import type { SecretReader } from '@repo/common/web/secret-reader';
import type { WebhookCredentials } from '../config.ts';

/** Returns whether an `Authorization` header contains a configured credential. */
export function createAuthorizer(
  { insecure, ...credentials }: WebhookCredentials,
  readSecret: SecretReader,
): (header: string) => boolean {
  return insecure ? () => true : (header) => isAuthorized(header, credentials, readSecret);
}
