import { existsSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type ConfigContext, pathSchema, secretInFile, secretSchema, section } from '@repo/common/config';
import type { FieldProblem } from '@repo/common/field-problem';
import { isLoopback } from '@repo/common/loopback';
import type { Secret } from '@repo/common/secret';
import { z } from 'zod';
import { decodeRecoveryKey } from './recovery-key.ts';

const KEY_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const DEFAULT_CREDENTIALS_DIR = '/var/run/secrets/matrix-bot';

/** Matrix account of the bridge. The device never changes. */
export interface MatrixAccount {
  readonly homeserverUrl: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: Secret;
  /** Encrypts stored data. 32 bytes. */
  readonly storageKey: Buffer;
  /** Opens the account's secret storage, to sign the device. 32 bytes. */
  readonly recoveryKey: Uint8Array | undefined;
}

/** Section `matrix` of the configuration. */
export function accountSchema(context: ConfigContext) {
  return section({
    homeserver_url: z.string().optional().describe('URL of the homeserver, for example `https://matrix.example.org`.'),
    allow_insecure_http: z
      .boolean()
      .default(false)
      .describe(
        'Allows an `http://` URL beyond loopback, which sends the access token unencrypted. For a homeserver in the same cluster.',
      ),
    user_id: z.string().optional().describe('User ID, for example `@alerts:example.org`.'),
    device_id: z.string().optional().describe('Device ID of the login. Only the bridge may use this device.'),
    access_token: secretSchema(context).optional().describe('Access token of the login.'),
    credentials_dir: pathSchema(context)
      .optional()
      .describe(
        'Directory with one file for each of these keys, instead of the keys. Overrides `$MATRIX_CREDENTIALS_DIR`.',
      ),
    storage_key: secretSchema(context)
      .optional()
      .describe('Key that encrypts stored data: 32 bytes in base64. Must be outside the data directory.'),
    recovery_key: secretSchema(context)
      .optional()
      .describe(
        "The account's recovery key, or 32 bytes in base64. The bridge needs it to sign its device, so that clients trust its messages.",
      ),
  });
}

/** Reads the account from the section and the credentials directory; `undefined` if there is neither. */
export function readAccount(
  given: z.output<ReturnType<typeof accountSchema>> | undefined,
  context: ConfigContext,
  storagePath: string,
  problems: FieldProblem[],
): MatrixAccount | undefined {
  const directory = given?.credentials_dir ?? credentialsDirectory(context);
  if (given === undefined && directory === undefined) return undefined;
  const complain = (key: string, message: string) => {
    const path = `matrix.${key}`;
    if (!problems.some((problem) => problem.path === path)) problems.push({ path, message });
  };
  const fromDirectory = (name: string): Secret | undefined => {
    const file = directory === undefined ? undefined : join(directory, name);
    if (file === undefined || !existsSync(file)) return undefined;
    if (name === 'access_token' || name === 'storage_key') context.secretFiles?.add(file);
    const secret = secretInFile(file);
    if (typeof secret !== 'string') return secret;
    complain(name, secret);
    return undefined;
  };
  const need = (key: 'homeserver_url' | 'user_id' | 'device_id', shape: RegExp, example: string): string => {
    const value = given?.[key] ?? fromDirectory(key)?.reveal();
    if (value === undefined) complain(key, `is missing. Example: ${example}`);
    else if (!shape.test(value)) complain(key, `is invalid. Example: ${example}`);
    return value ?? '';
  };
  const account = {
    homeserverUrl: need('homeserver_url', /^https?:\/\/\S+$/, 'https://matrix.example.org').replace(/\/+$/, ''),
    userId: need('user_id', /^@\S+:\S+$/, '@alerts:example.org'),
    deviceId: need('device_id', /^\S+$/, 'ABCDEFGHIJ'),
  };
  const urlProblem = checkHomeserverUrl(account.homeserverUrl, given?.allow_insecure_http ?? false);
  if (urlProblem !== undefined) complain('homeserver_url', urlProblem);
  const accessToken = given?.access_token ?? fromDirectory('access_token');
  if (!accessToken) complain('access_token', 'is missing. Use the access token of the login of this device');
  const storageKey = readStorageKey(given?.storage_key ?? fromDirectory('storage_key'), storagePath);
  if (typeof storageKey === 'string') complain('storage_key', storageKey);
  const recoverySecret = given?.recovery_key ?? fromDirectory('recovery_key');
  const recoveryKey = recoverySecret && readRecoveryKey(recoverySecret);
  if (typeof recoveryKey === 'string') complain('recovery_key', recoveryKey);
  if (!accessToken || typeof storageKey === 'string' || typeof recoveryKey === 'string') return undefined;
  return { ...account, accessToken, storageKey, recoveryKey };
}

/** Returns the problem with a URL of the right form. */
function checkHomeserverUrl(text: string, allowInsecureHttp: boolean): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return 'must not contain a user name or password';
  if (protocol !== 'http:' || isLoopback(hostname) || allowInsecureHttp) return undefined;
  return 'would send the access token unencrypted. Use https, or set matrix.allow_insecure_http for a homeserver in the same cluster';
}

/** Returns the key, or the problem with it. */
function readStorageKey(secret: Secret | undefined, storagePath: string): Buffer | string {
  const advice = 'Create one with: (umask 077; openssl rand -base64 32 > storage_key)';
  if (!secret) return `is missing. It encrypts stored data. ${advice}`;
  if (secret.file !== undefined && isInside(storagePath, secret.file)) {
    return `must be outside the data directory ${storagePath}, so that a copy of the data does not contain the key`;
  }
  return keyFromBase64(secret.reveal()) ?? `must be ${KEY_BYTES} bytes in base64. ${advice}`;
}

/** Returns the key, in the format of other clients or in base64, or the problem with it. */
function readRecoveryKey(secret: Secret): Uint8Array | string {
  const text = secret.reveal();
  const advice =
    'must be the recovery key shown by a client, or 32 bytes in base64. Create one with: (umask 077; openssl rand -base64 32 > recovery_key)';
  return decodeRecoveryKey(text) ?? keyFromBase64(text) ?? advice;
}

function keyFromBase64(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return BASE64.test(text) && key.length === KEY_BYTES ? key : undefined;
}

// Resolves symbolic links first.
function isInside(directory: string, file: string): boolean {
  const path = relative(existingPath(directory), existingPath(file));
  return path !== '..' && !path.startsWith(`..${sep}`);
}

function existingPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** Returns the directory of the Matrix account's files, if the environment or a mounted Secret provides one. */
export function credentialsDirectory({ env }: Pick<ConfigContext, 'env'>): string | undefined {
  return env.MATRIX_CREDENTIALS_DIR || (existsSync(DEFAULT_CREDENTIALS_DIR) ? DEFAULT_CREDENTIALS_DIR : undefined);
}
