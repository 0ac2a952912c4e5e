import { join } from 'node:path';
import type { Secret } from '@repo/common/secret';
import { isOnPath } from '../usage/claude-code/is-on-path.ts';
import { LOG_IN_REMEDY, parseClaudeLogin, SETUP_TOKEN_REMEDY } from './claude-login.ts';
import type { CredentialSource } from './credential-source.ts';
import { CredentialError, type CredentialResult, type Reading } from './credentials.ts';
import { type KeychainPorts, keychainServices, readKeychain } from './keychain.ts';
import { SERVICE_ACCOUNT_DIRECTORY } from './kubernetes-api.ts';
import { kubernetesSecret } from './kubernetes-secret.ts';
import { readLoginFile, tokenSchema, unreadable } from './login-fields.ts';
import { pickLogin, requireAlive } from './pick-login.ts';
import { keepFresh, type RefreshPorts, type RefreshSettings } from './refresh/keep-fresh.ts';
import { openLoginJournal } from './refresh/login-journal.ts';
import { type LoginStore, TOKENS_REMEDY } from './refresh/login-store.ts';
import { createRejections } from './rejections.ts';
import { tokenDirectory } from './token-directory.ts';

/** The part of an account that says where its login is. */
export interface LoginOwner {
  readonly name: string;
  readonly credentials: CredentialSource;
}

/** Returns the current credentials. Called before every poll, so a refreshed token is used without a restart. */
export type CredentialReader = (account: LoginOwner) => Promise<CredentialResult>;

export interface CredentialSettings extends RefreshSettings {
  readonly storagePath: string;
  /** Directory of the pod's ServiceAccount; defaults to that of Kubernetes. */
  readonly serviceAccountDirectory?: string | undefined;
}

export interface CredentialPorts extends Omit<RefreshPorts, 'journal'> {
  /** The program's environment, for the programs that it starts. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Reports the reason that a login is not refreshed, or `undefined` if there is none; called at each reading. */
  readonly refreshTrouble: (account: string, trouble: string | undefined) => void;
  /** Aborts when the program is asked to stop. */
  readonly stopping: AbortSignal;
}

/** Time that a stop waits for the token endpoint: its answer replaces a token that is spent by then. */
const STOP_GRACE_MS = 6_000;
const CONFIGURE_REMEDY = 'configure a new one';
const OWNED_REMEDY = 'the exporter refreshes it before the next poll';
const CLAUDE_CODE_HINT =
  'or set `credentials: {claude_code: {}}`, so that Claude Code reports the usage and refreshes its login';
const NONE_REMEDY =
  'feed it with `claude-usage-exporter statusline` or `claude-usage-exporter events`, or configure credentials';

/** Opens access to the credentials of every account, with the journal of their refreshes. */
export function openCredentials(
  settings: CredentialSettings,
  ports: CredentialPorts,
): { readonly read: CredentialReader } & Disposable {
  const { serviceAccountDirectory = SERVICE_ACCOUNT_DIRECTORY } = settings;
  const journal = openLoginJournal(settings.storagePath);
  const refreshPorts = { ...ports, journal };
  const givingUp = afterGrace(ports.stopping);
  const rejections = createRejections(ports.now);
  const keychainPorts: KeychainPorts = { ...ports, signal: ports.stopping };

  async function fromStore(account: string, store: LoginStore): Promise<Reading> {
    const rejected = rejections.toRefresh(account);
    const { login, trouble } = await keepFresh({ account, store, rejected }, settings, refreshPorts, givingUp);
    ports.refreshTrouble(account, trouble);
    const { accessToken, refreshToken, expiresAt, loginExpiresAt } = login;
    const credentials = {
      token: accessToken,
      ...(expiresAt === undefined || expiresAt === Number.POSITIVE_INFINITY ? {} : { expiresAt }),
      ...(loginExpiresAt === undefined ? {} : { loginExpiresAt }),
    };
    const rejectedRemedy = trouble ?? (refreshToken ? OWNED_REMEDY : TOKENS_REMEDY);
    return { credentials, place: store.place, expiredRemedy: trouble ?? TOKENS_REMEDY, rejectedRemedy };
  }

  async function read({ name, credentials: source }: LoginOwner): Promise<Reading> {
    switch (source.kind) {
      case 'claude_config_dir':
        return readClaudeConfigDir(source.directory, ports.platform, keychainPorts);
      case 'keychain':
        return readKeychain(source.service, keychainPorts);
      case 'oauth_tokens_dir':
        return fromStore(name, tokenDirectory(source.directory));
      case 'kubernetes_secret': {
        const secretPorts = { now: ports.now, serviceAccountDirectory, holder: journal.holder };
        return fromStore(name, kubernetesSecret(source.name, source.cluster, secretPorts));
      }
      case 'access_token':
        return readAccessToken(source.token);
      case 'claude_code':
        throw new CredentialError(
          'no_credentials',
          'Claude Code reports the usage of this account, and holds its token',
        );
      case 'none':
        throw new CredentialError('no_credentials', 'the account is configured without a login', NONE_REMEDY);
    }
  }

  async function readResult(account: LoginOwner): Promise<CredentialResult> {
    try {
      const { credentials, rejectedRemedy: remedy } = requireAlive(await read(account), ports.now());
      const { token } = credentials;
      // The scopes of a login of Claude Code were checked when it was parsed.
      if (!isClaudeCodes(account.credentials)) rejectSetupToken(token, ports.env);
      rejections.check(account.name, token);
      return {
        ...credentials,
        ok: true,
        remedy,
        reject: (answer) => rejections.record(account.name, token, answer),
      };
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      const detail = `${error.detail}${alternative(account.credentials, error)}`;
      return { ...error.known, ok: false, reason: error.reason, detail };
    }
  }

  /** Suggests the source without a token where a login of Claude Code is missing or expired. */
  function alternative(source: CredentialSource, { reason }: CredentialError): string {
    const isHelpful = reason === 'no_credentials' || reason === 'token_expired';
    return isClaudeCodes(source) && isHelpful && isOnPath('claude', ports.env) ? `; ${CLAUDE_CODE_HINT}` : '';
  }

  return { read: readResult, [Symbol.dispose]: () => journal[Symbol.dispose]() };
}

/** Reads Claude Code's login: from its file and, on macOS, from the Keychain, because either may be a leftover. */
async function readClaudeConfigDir(
  directory: string,
  platform: NodeJS.Platform,
  ports: KeychainPorts,
): Promise<Reading> {
  const path = join(directory, '.credentials.json');
  const fromFile = () => parseClaudeLogin(readLoginFile(path, LOG_IN_REMEDY), path, ports.now());
  const services = platform === 'darwin' ? keychainServices(directory, ports.env) : [];
  try {
    return await pickLogin([fromFile, ...services.map((service) => () => readKeychain(service, ports))], ports.now);
  } catch (error) {
    const isMissing = error instanceof CredentialError && error.reason === 'no_credentials';
    if (!isMissing || !ports.env.CLAUDE_CODE_OAUTH_TOKEN) throw error;
    const message = `${error.message}, and the token in $CLAUDE_CODE_OAUTH_TOKEN cannot read the usage`;
    throw new CredentialError('scope_missing', message, SETUP_TOKEN_REMEDY);
  }
}

/** Reads a token in the configuration, the environment or a file. @throws CredentialError */
function readAccessToken(secret: Secret): Reading {
  const place = secret.file ?? 'the configured access token';
  const parsed = tokenSchema.safeParse(reveal(secret, place));
  if (!parsed.success) {
    throw new CredentialError('malformed_credentials', `${place} is not one line of printable characters`);
  }
  const credentials = { token: parsed.data };
  return { credentials, place, expiredRemedy: CONFIGURE_REMEDY, rejectedRemedy: CONFIGURE_REMEDY };
}

function isClaudeCodes({ kind }: CredentialSource): boolean {
  return kind === 'claude_config_dir' || kind === 'keychain';
}

/** @throws CredentialError for a token that Claude Code uses as one of `claude setup-token` */
function rejectSetupToken(token: Secret, { CLAUDE_CODE_OAUTH_TOKEN }: CredentialPorts['env']): void {
  if (token.reveal() !== CLAUDE_CODE_OAUTH_TOKEN?.trim()) return;
  const message = 'the token in $CLAUDE_CODE_OAUTH_TOKEN cannot read the usage';
  throw new CredentialError('scope_missing', message, SETUP_TOKEN_REMEDY);
}

function reveal(secret: Secret, place: string): string {
  try {
    return secret.reveal();
  } catch (error) {
    throw unreadable(place, error, CONFIGURE_REMEDY);
  }
}

function afterGrace(stopping: AbortSignal): AbortSignal {
  const grace = new AbortController();
  stopping.addEventListener('abort', () => {
    AbortSignal.timeout(STOP_GRACE_MS).addEventListener('abort', () => grace.abort());
  });
  return grace.signal;
}
