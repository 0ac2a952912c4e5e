import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@repo/common/secret';
import { z } from 'zod';

/** Where an account's access token is read from. None of these is ever written to: they belong to another program. */
export type CredentialSource =
  | { readonly kind: 'claude_config_dir'; readonly directory: string }
  | { readonly kind: 'oauth_tokens_dir'; readonly directory: string }
  | { readonly kind: 'access_token'; readonly token: Secret };

export interface Credentials {
  readonly token: Secret;
  /** When the access token stops working, in milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** When the login as a whole ends, whatever is refreshed until then. */
  readonly loginExpiresAt?: number;
}

export const CREDENTIAL_FAILURES = [
  'no_credentials',
  'unreadable_credentials',
  'malformed_credentials',
  'scope_missing',
  'token_expired',
] as const;
export type CredentialFailure = (typeof CREDENTIAL_FAILURES)[number];

export type CredentialResult =
  | ({ readonly ok: true } & Credentials)
  | ({ readonly ok: false; readonly reason: CredentialFailure; readonly detail: string } & Partial<Credentials>);

const USAGE_SCOPE = 'user:profile';

// Anything else could not be sent in a header, and the error about that would quote the token.
const tokenSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,4096}$/)
  .transform((text) => Secret.of(text));
const timeSchema = z.number().int().positive().max(8.64e15);
const claudeFileSchema = z.object({
  claudeAiOauth: z
    .object({
      accessToken: tokenSchema,
      expiresAt: timeSchema.nullish(),
      refreshTokenExpiresAt: timeSchema.nullish(),
      scopes: z.array(z.string()).nullish(),
    })
    .nullish(),
});

/** Reads the credentials as they are now; called before every poll, so a renewed token is taken up by itself. */
export function readCredentials(source: CredentialSource, now: number): CredentialResult {
  try {
    const credentials = read(source);
    if (!credentials.ok || credentials.expiresAt === undefined || credentials.expiresAt > now) return credentials;
    const detail = `the access token expired at ${new Date(credentials.expiresAt).toISOString()}; ${RENEWAL[source.kind]}`;
    return { ...credentials, ok: false, reason: 'token_expired', detail };
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    const where = path ?? 'the configured access token';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return failure('no_credentials', `${where} does not exist; ${RENEWAL[source.kind]}`);
    }
    return failure('unreadable_credentials', `${where} can't be read (${code ?? 'unknown error'})`);
  }
}

const RENEWAL: Record<CredentialSource['kind'], string> = {
  claude_config_dir: 'log in with Claude Code (`claude`, then `/login`), which keeps it up to date',
  oauth_tokens_dir: 'put accessToken and expiresAt of a login there',
  access_token: 'configure a new one',
};

function read(source: CredentialSource): CredentialResult {
  switch (source.kind) {
    case 'claude_config_dir':
      return fromClaudeFile(join(source.directory, '.credentials.json'));
    case 'oauth_tokens_dir':
      return fromDirectory(source.directory);
    case 'access_token': {
      const token = tokenSchema.safeParse(source.token.reveal());
      return token.success
        ? { ok: true, token: token.data }
        : failure('malformed_credentials', 'the configured access token is not one line of printable characters');
    }
  }
}

function fromClaudeFile(path: string): CredentialResult {
  const parsed = claudeFileSchema.safeParse(parseJson(readText(path)));
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') || 'the whole';
    return failure('malformed_credentials', `${path} is not a credential file as Claude Code writes it: see ${at}`);
  }
  const login = parsed.data.claudeAiOauth;
  if (!login) return failure('no_credentials', `${path} holds no login; ${RENEWAL.claude_config_dir}`);
  const credentials = {
    token: login.accessToken,
    ...(login.expiresAt ? { expiresAt: login.expiresAt } : {}),
    ...(login.refreshTokenExpiresAt ? { loginExpiresAt: login.refreshTokenExpiresAt } : {}),
  };
  if (login.scopes && !login.scopes.includes(USAGE_SCOPE)) {
    const detail = `the login in ${path} lacks the scope ${USAGE_SCOPE} (tokens of \`claude setup-token\` do); use a full login`;
    return { ...credentials, ok: false, reason: 'scope_missing', detail };
  }
  return { ...credentials, ok: true };
}

function fromDirectory(directory: string): CredentialResult {
  const token = tokenSchema.safeParse(readText(join(directory, 'accessToken')).trim());
  if (!token.success) {
    return failure(
      'malformed_credentials',
      `${join(directory, 'accessToken')} is not one line of printable characters`,
    );
  }
  const expiryFile = join(directory, 'expiresAt');
  const text = readIfThere(expiryFile);
  if (text === undefined) return { ok: true, token: token.data };
  const expiresAt = timeSchema.safeParse(Number(text));
  return expiresAt.success
    ? { ok: true, token: token.data, expiresAt: expiresAt.data }
    : failure('malformed_credentials', `${expiryFile} is not a time in milliseconds since the epoch`);
}

// Not every error of the file system tells its path.
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readText(path).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(reason: CredentialFailure, detail: string): CredentialResult {
  return { ok: false, reason, detail };
}
