import { ACCESS_TOKEN_REMEDY, readAccessToken } from './access-token.ts';
import { readClaudeConfigDir } from './claude-config-dir.ts';
import { CLAUDE_CODE_REMEDY } from './claude-login.ts';
import type { CredentialSource } from './credential-source.ts';
import { CredentialError, type CredentialResult, type Credentials } from './credentials.ts';
import { readKeychain } from './keychain.ts';
import { kubernetesSecret } from './kubernetes-secret.ts';
import { type LoginStore, TOKENS_REMEDY } from './refresh/login-store.ts';
import { keepFresh, type RefreshPorts, type RefreshSettings } from './refresh/refresh.ts';
import { tokenDirectory } from './token-directory.ts';

/** The part of an account that says where its login is. */
export interface LoginOwner {
  readonly name: string;
  readonly credentials: CredentialSource;
}

/** Gives the credentials as they are now; called before every poll, so a renewed token is taken up by itself. */
export type CredentialReader = (account: LoginOwner) => Promise<CredentialResult>;

export interface CredentialSettings extends RefreshSettings {
  readonly serviceAccountDirectory: string;
}

export interface CredentialPorts extends RefreshPorts {
  /** The program's environment, for programs that it starts. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Tells of what keeps a login from being renewed, or of nothing any more; called at each reading of such a login. */
  readonly renewalTrouble: (account: string, trouble: string | undefined) => void;
  /** Aborts when the program is asked to stop. */
  readonly stopping: AbortSignal;
}

/** How long a stop waits for the token endpoint: its answer replaces a token that is spent by then. */
const STOP_GRACE_MS = 6_000;

interface Reading {
  readonly credentials: Credentials;
  /** What to do when the token has expired. */
  readonly remedy: string;
}

export function createCredentialReader(settings: CredentialSettings, ports: CredentialPorts): CredentialReader {
  const givingUp = afterGrace(ports.stopping);

  async function fromStore(account: string, store: LoginStore): Promise<Reading> {
    const { login, trouble } = await keepFresh(account, store, settings, ports, givingUp);
    ports.renewalTrouble(account, trouble);
    const { accessToken, expiresAt, loginExpiresAt } = login;
    const expiries = {
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(loginExpiresAt === undefined ? {} : { loginExpiresAt }),
    };
    return { credentials: { token: accessToken, ...expiries }, remedy: trouble ?? TOKENS_REMEDY };
  }

  async function read({ name, credentials: source }: LoginOwner): Promise<Reading> {
    switch (source.kind) {
      case 'claude_config_dir':
        return {
          credentials: readClaudeConfigDir(source.directory, ports.platform),
          remedy: CLAUDE_CODE_REMEDY,
        };
      case 'keychain': {
        const { env, stopping: signal } = ports;
        return { credentials: await readKeychain(source.service, { env, signal }), remedy: CLAUDE_CODE_REMEDY };
      }
      case 'oauth_tokens_dir':
        return fromStore(name, tokenDirectory(source.directory));
      case 'kubernetes_secret': {
        const { serviceAccountDirectory } = settings;
        const secretPorts = { now: ports.now, serviceAccountDirectory, holder: ports.journal.holder };
        return fromStore(name, kubernetesSecret(source.name, source.cluster, secretPorts));
      }
      case 'access_token':
        return { credentials: readAccessToken(source.token), remedy: ACCESS_TOKEN_REMEDY };
      case 'none':
        throw new CredentialError('no_credentials', 'the account is configured to have none');
    }
  }

  return async (account) => {
    try {
      const { credentials, remedy } = await read(account);
      const { expiresAt } = credentials;
      if (expiresAt === undefined || expiresAt > ports.now()) return { ...credentials, ok: true };
      const detail = `the access token expired at ${new Date(expiresAt).toISOString()}; ${remedy}`;
      return { ...credentials, ok: false, reason: 'token_expired', detail };
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      return { ...error.known, ok: false, reason: error.reason, detail: error.message };
    }
  };
}

function afterGrace(stopping: AbortSignal): AbortSignal {
  const grace = new AbortController();
  stopping.addEventListener('abort', () => {
    AbortSignal.timeout(STOP_GRACE_MS).addEventListener('abort', () => grace.abort());
  });
  return grace.signal;
}
