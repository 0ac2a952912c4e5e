import { isAuthorized } from '@repo/common/web/authorization';
import type { WebhookCredentials } from '../config.ts';

/** Returns whether an `Authorization` header contains a configured credential. */
export function createAuthorizer({ insecure, ...credentials }: WebhookCredentials): (header: string) => boolean {
  return insecure ? () => true : (header) => isAuthorized(header, credentials);
}
