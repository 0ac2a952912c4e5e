import type { Secret } from '@repo/common/secret';

/** Where an account's login is kept. */
export type CredentialSource =
  /** Claude Code's own file; only ever read. */
  | { readonly kind: 'claude_config_dir'; readonly directory: string }
  /** Claude Code's item in the macOS Keychain, by its service; only ever read. */
  | { readonly kind: 'keychain'; readonly service: string }
  /** Three files; the exporter's own when one of them is `refreshToken`. */
  | { readonly kind: 'oauth_tokens_dir'; readonly directory: string }
  /** A Secret with the keys of those files; the exporter's own when one of them is `refreshToken`. */
  | { readonly kind: 'kubernetes_secret'; readonly name: string; readonly cluster: ClusterAccess }
  | { readonly kind: 'access_token'; readonly token: Secret }
  /** The account is not polled; its usage comes from elsewhere. */
  | { readonly kind: 'none' };

/** How the pod's own cluster is reached, as the environment tells. */
export interface ClusterAccess {
  /** Origin of the Kubernetes API; absent outside a cluster. */
  readonly apiServer?: string;
  /** Absent: the pod's own, as projected beside its ServiceAccount's token. */
  readonly namespace?: string;
}

/** Whether the exporter renews the login there, if it finds a refresh token. */
export function mayBeOwned({ kind }: CredentialSource): boolean {
  return kind === 'oauth_tokens_dir' || kind === 'kubernetes_secret';
}
