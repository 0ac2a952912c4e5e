import { createHash } from 'node:crypto';
import { type ConfigContext, pathSchema, resolvePath, secretSchema, section } from '@repo/common/config';
import { isLoopback } from '@repo/common/web-server';
import { z } from 'zod';
import type { CredentialSource } from './credentials.ts';

/** An account as it is configured. */
export interface AccountConfig {
  /** The value of the `account` label. */
  readonly name: string;
  readonly credentials: CredentialSource;
  /** Origin of the API, without a slash at the end. */
  readonly endpoint: string;
}

const API = 'https://api.anthropic.com';
const DEFAULT_TOKENS_DIR = '/var/run/secrets/oauth-tokens';

/** The account that is polled when none is configured: that of the login which is found first. */
export function defaultAccount(env: ConfigContext['env'], exists: (path: string) => boolean): AccountConfig {
  const path = (text: string) => resolvePath(text, { env, directory: '.' });
  const account = (credentials: CredentialSource) => ({ name: 'default', credentials, endpoint: API });
  if (env.OAUTH_TOKENS_DIR) return account({ kind: 'oauth_tokens_dir', directory: path(env.OAUTH_TOKENS_DIR) });
  if (exists(DEFAULT_TOKENS_DIR)) return account({ kind: 'oauth_tokens_dir', directory: DEFAULT_TOKENS_DIR });
  const directory = path(env.CLAUDE_CONFIG_DIR || env.CLAUDE_PATH || '~/.claude');
  return account({ kind: 'claude_config_dir', directory });
}

export function accountsSchema(context: ConfigContext) {
  return z
    .array(accountSchema(context))
    .min(1, 'must not be empty; leave it out for the login of Claude Code')
    .superRefine((accounts, refinement) => {
      const names = accounts.map(({ name }) => name);
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) === index) continue;
        refinement.addIssue({ code: 'custom', path: [index, 'name'], message: 'is the name of two accounts' });
      }
    });
}

/** Whether an endpoint is on this machine, where only a simulator of the API can be. */
export function isSimulator(endpoint: string): boolean {
  return isLoopback(new URL(endpoint).hostname.replace(/^\[|\]$/g, ''));
}

function accountSchema(context: ConfigContext) {
  return section({
    name: nameSchema.optional(),
    credentials: credentialsSchema(context),
    endpoint: endpointSchema.default(API),
  }).transform(({ name, credentials, endpoint }) => ({
    name: name ?? `account-${hashOf(credentials, endpoint)}`,
    credentials,
    endpoint,
  }));
}

const nameSchema = z.string().superRefine((name, refinement) => {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) return;
  refinement.addIssue(
    name.includes('@')
      ? 'is an e-mail address, which metrics must not show; choose a name like "work"'
      : 'must be 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit',
  );
});

function credentialsSchema(context: ConfigContext) {
  const shape = {
    claude_config_dir: pathSchema(context).optional(),
    oauth_tokens_dir: pathSchema(context).optional(),
    access_token: secretSchema(context).optional(),
  };
  return section(shape).transform((given, refinement): CredentialSource => {
    const { claude_config_dir, oauth_tokens_dir, access_token } = given;
    if (Object.values(given).filter((value) => value !== undefined).length === 1) {
      if (claude_config_dir !== undefined) return { kind: 'claude_config_dir', directory: claude_config_dir };
      if (oauth_tokens_dir !== undefined) return { kind: 'oauth_tokens_dir', directory: oauth_tokens_dir };
      if (access_token !== undefined) return { kind: 'access_token', token: access_token };
    }
    refinement.addIssue(`must have exactly one of ${Object.keys(shape).join(', ')}`);
    return z.NEVER;
  });
}

const endpointSchema = z.string().transform((text, refinement) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || `${url.origin}/` !== url.href) {
    refinement.addIssue(`must be an origin like ${API}, without path or credentials`);
    return z.NEVER;
  }
  if (url.protocol === 'http:' && !isSimulator(url.origin)) {
    refinement.addIssue('would send the access token in clear text; use https (http is for loopback addresses only)');
  }
  return url.origin;
});

function hashOf(credentials: CredentialSource, endpoint: string): string {
  const identity = credentials.kind === 'access_token' ? credentials.token.reveal() : credentials.directory;
  return createHash('sha256').update(`${credentials.kind} ${identity} ${endpoint}`).digest('hex').slice(0, 6);
}
