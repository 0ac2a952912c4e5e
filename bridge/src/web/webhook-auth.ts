import { isAuthorized } from '@repo/common/web/authorization';
import type { WebhookCredentials } from '../config.ts';

/** Decides by the `Authorization` header whether a request may post. */
export function createAuthorizer({ insecure, ...credentials }: WebhookCredentials): (header: string) => boolean {
  return insecure ? () => true : (header) => isAuthorized(header, credentials);
}
