import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type ConfigContext, pathSchema, resolvePath, secretSchema, section } from '@repo/common/config';
import { z } from 'zod';
import type { CredentialSource } from '../credentials/credential-source.ts';
import type { ClaudeCode } from '../usage/claude-code/ask-claude-code.ts';
import { clusterAccess, defaultLogin, type Machine, SECRET_NAME } from './default-login.ts';
import { API, endpointSchema } from './endpoint.ts';

/** A configured account. */
export interface AccountConfig {
  /** The value of the `account` label. */
  readonly name: string;
  readonly credentials: CredentialSource;
  /** Origin of the API, without a trailing slash. */
  readonly endpoint: string;
}

/** The account without a configuration: that of the first login that is found. */
export function defaultAccount(env: ConfigContext['env'], machine: Machine): AccountConfig {
  return { name: 'default', credentials: defaultLogin(env, machine), endpoint: API };
}

export function accountsSchema(context: ConfigContext) {
  return z
    .array(accountSchema(context))
    .min(1, 'must not be empty; remove it to use the login of Claude Code')
    .transform(nameAccounts)
    .superRefine((accounts, refinement) => {
      const names = accounts.map(({ name }) => name);
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) === index) continue;
        refinement.addIssue({ code: 'custom', path: [index, 'name'], message: 'is the name of two accounts' });
      }
    });
}

function accountSchema(context: ConfigContext) {
  return section({
    name: nameSchema
      .optional()
      .describe('Value of the `account` label. Defaults to `account-` plus a 6-digit hash of the credential source.'),
    credentials: credentialsSchema(context).describe('Exactly one of these sources, re-read at every poll.'),
    endpoint: endpointSchema.default(API).describe('Origin of the API. Must be https, except on loopback addresses.'),
  });
}

function nameAccounts(
  accounts: readonly (Omit<AccountConfig, 'name'> & { readonly name?: string | undefined })[],
): AccountConfig[] {
  let inlineTokens = 0;
  return accounts.map(({ name, credentials, endpoint }) => {
    if (name !== undefined) return { name, credentials, endpoint };
    const place = placeOf(credentials) ?? `inline ${inlineTokens++}`;
    const text = `${credentials.kind} ${place} ${endpoint}`;
    return { name: `account-${createHash('sha256').update(text).digest('hex').slice(0, 6)}`, credentials, endpoint };
  });
}

const nameSchema = z.string().superRefine((name, refinement) => {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) return;
  refinement.addIssue(
    name.includes('@')
      ? 'is an e-mail address, which metrics must not show; choose a name like "work"'
      : 'must be 1 to 63 of a-z, 0-9, _ and -, starting with a letter or digit',
  );
});

function credentialsSchema(context: ConfigContext) {
  const shape = {
    claude_config_dir: pathSchema(context)
      .optional()
      .describe("Claude Code's directory. Its login, which macOS keeps in the Keychain, is only read."),
    keychain: z
      .string()
      .min(1, 'must be the service of a Keychain item')
      .optional()
      .describe("Service of Claude Code's item in the macOS Keychain. Its login is only read."),
    oauth_tokens_dir: pathSchema(context)
      .optional()
      .describe('Directory with `accessToken`, `expiresAt` and, for a dedicated login, `refreshToken`.'),
    kubernetes_secret: z
      .string()
      .regex(SECRET_NAME, 'must be the name of a Secret')
      .optional()
      .describe('Secret with these keys, in the namespace of the pod or `$K8S_NAMESPACE`.'),
    access_token: secretSchema(context).optional().describe('The access token itself.'),
    claude_code: claudeCodeSchema(context)
      .optional()
      .describe('Ask the installed Claude Code, which holds and refreshes the login. No token is read.'),
    none: z
      .literal(true, 'must be true')
      .optional()
      .describe('No login: the account is not polled. `statusline` or `events` report its usage.'),
  };
  return section(shape).transform((given, refinement): CredentialSource => {
    const { claude_config_dir, keychain, oauth_tokens_dir, kubernetes_secret, access_token, claude_code, none } = given;
    const sources: (CredentialSource | undefined)[] = [
      claude_config_dir === undefined ? undefined : { kind: 'claude_config_dir', directory: claude_config_dir },
      keychain === undefined ? undefined : { kind: 'keychain', service: keychain },
      oauth_tokens_dir === undefined ? undefined : { kind: 'oauth_tokens_dir', directory: oauth_tokens_dir },
      kubernetes_secret === undefined
        ? undefined
        : { kind: 'kubernetes_secret', name: kubernetes_secret, cluster: clusterAccess(context.env) },
      access_token === undefined ? undefined : { kind: 'access_token', token: access_token },
      claude_code === undefined ? undefined : { kind: 'claude_code', ...claude_code },
      none && { kind: 'none' },
    ];
    for (const file of loginFiles(given)) context.secretFiles?.add(file);
    const [source, ...more] = sources.filter((candidate) => candidate !== undefined);
    if (source && more.length === 0) return source;
    refinement.addIssue(`must have exactly one of ${Object.keys(shape).join(', ')}`);
    return z.NEVER;
  });
}

function loginFiles(given: {
  claude_config_dir?: string | undefined;
  oauth_tokens_dir?: string | undefined;
}): string[] {
  const { claude_config_dir: claude, oauth_tokens_dir: tokens } = given;
  return [
    ...(claude === undefined ? [] : [join(claude, '.credentials.json')]),
    ...(tokens === undefined ? [] : ['accessToken', 'refreshToken'].map((part) => join(tokens, part))),
  ];
}

function claudeCodeSchema(context: ConfigContext) {
  return section({
    command: commandSchema(context)
      .default('claude')
      .describe('The program: a name on the PATH, or a path. It is started at each poll, without a shell.'),
    config_dir: pathSchema(context)
      .optional()
      .describe("Claude Code's directory. Defaults to `$CLAUDE_CONFIG_DIR`, or else to its own default."),
  }).transform(
    ({ command, config_dir }): ClaudeCode => ({
      command,
      ...(config_dir === undefined ? {} : { configDirectory: config_dir }),
    }),
  );
}

function commandSchema(context: ConfigContext) {
  return z
    .string('must be the name or path of a program')
    .min(1, 'must be the name or path of a program')
    .transform((text) => (/[/~]/.test(text) ? resolvePath(text, context) : text))
    .meta({ form: 'name or path' });
}

/** Returns where the credentials are; `undefined` for a token in the configuration itself. The token may be rotated. */
function placeOf(source: CredentialSource): string | undefined {
  switch (source.kind) {
    case 'access_token':
      return source.token.file ?? source.token.variable;
    case 'claude_code':
      return `${source.command} ${source.configDirectory ?? ''}`;
    case 'keychain':
      return source.service;
    case 'kubernetes_secret':
      return source.name;
    case 'none':
      return '';
    default:
      return source.directory;
  }
}
