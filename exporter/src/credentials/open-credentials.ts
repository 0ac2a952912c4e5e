import type { OauthConfig } from '../config/oauth-config.ts';
import { SERVICE_ACCOUNT_DIRECTORY } from './kubernetes-api.ts';
import { type CredentialPorts, type CredentialReader, createCredentialReader } from './read-credentials.ts';
import { openLoginJournal } from './refresh/login-journal.ts';

export interface CredentialOptions {
  readonly oauth: OauthConfig;
  readonly storagePath: string;
  readonly timeoutMs: number;
  /** Where a pod finds its ServiceAccount; by default, where Kubernetes puts it. */
  readonly serviceAccountDirectory?: string | undefined;
}

/** The way to the credentials of every account, with what must be remembered about their renewals. */
export function openCredentials(
  { oauth, storagePath, timeoutMs, serviceAccountDirectory = SERVICE_ACCOUNT_DIRECTORY }: CredentialOptions,
  ports: Omit<CredentialPorts, 'journal'>,
): { readonly read: CredentialReader } & Disposable {
  const journal = openLoginJournal(storagePath);
  const { refreshLeewayMs: leewayMs, ...endpoint } = oauth;
  const settings = { ...endpoint, leewayMs, timeoutMs, serviceAccountDirectory };
  return {
    read: createCredentialReader(settings, { ...ports, journal }),
    [Symbol.dispose]: () => journal[Symbol.dispose](),
  };
}
