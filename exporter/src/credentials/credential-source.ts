import type { Secret } from '@repo/common/secret';
import type { ClaudeCode } from '../usage/claude-code/ask-claude-code.ts';

/** The place of an account's login. */
export type CredentialSource =
  /** Claude Code's directory; its login, which macOS keeps in the Keychain, is only read. */
  | { readonly kind: 'claude_config_dir'; readonly directory: string }
  /** Claude Code's item in the macOS Keychain, by its service; only read. */
  | { readonly kind: 'keychain'; readonly service: string }
  /** Three files; dedicated to the exporter if one of them is `refreshToken`. */
  | { readonly kind: 'oauth_tokens_dir'; readonly directory: string }
  /** A Secret with the keys of those files; dedicated to the exporter if one of them is `refreshToken`. */
  | { readonly kind: 'kubernetes_secret'; readonly name: string; readonly cluster: ClusterAccess }
  | { readonly kind: 'access_token'; readonly token: Secret }
  /** Claude Code reports the usage itself, and no token is read. */
  | ({ readonly kind: 'claude_code' } & ClaudeCode)
  /** The account is not polled; status lines and events report its usage. */
  | { readonly kind: 'none' };

/** Access to the pod's own cluster, from the environment. */
export interface ClusterAccess {
  /** Origin of the Kubernetes API; absent outside a cluster. */
  readonly apiServer?: string;
  /** Defaults to the pod's namespace, which Kubernetes projects beside the ServiceAccount's token. */
  readonly namespace?: string;
}

/** Decides if the exporter refreshes the login there, given a refresh token. */
export function mayBeOwned({ kind }: CredentialSource): boolean {
  return kind === 'oauth_tokens_dir' || kind === 'kubernetes_secret';
}
