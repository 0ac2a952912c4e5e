import { existsSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type ConfigContext, pathSchema, secretInFile, secretSchema, section } from '@repo/common/config';
import type { FieldProblem } from '@repo/common/field-problem';
import type { Secret } from '@repo/common/secret';
import { z } from 'zod';
import { decodeRecoveryKey } from './recovery-key.ts';

const KEY_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const DEFAULT_CREDENTIALS_DIR = '/var/run/secrets/matrix-bot';

/** The Matrix account the bridge speaks as: one device, for good. */
export interface MatrixAccount {
  readonly homeserverUrl: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: Secret;
  /** Encrypts what is at rest: 32 bytes. */
  readonly storageKey: Buffer;
  /** Opens the account's secret storage, for signing the device: 32 bytes. */
  readonly recoveryKey: Uint8Array | undefined;
}

/** The section `matrix` of the configuration. */
export function accountSchema(context: ConfigContext) {
  return section({
    homeserver_url: z.string().optional().describe('Like `https://matrix.example.org`.'),
    user_id: z.string().optional().describe('Like `@alerts:example.org`.'),
    device_id: z.string().optional().describe("The device of the login; it is the bridge's for good."),
    access_token: secretSchema(context).optional().describe('The access token of the login.'),
    credentials_dir: pathSchema(context)
      .optional()
      .describe('All of this from files of these names instead. `$MATRIX_CREDENTIALS_DIR` does the same.'),
    storage_key: secretSchema(context)
      .optional()
      .describe('Encrypts what is on disk: 32 bytes in base64. Must not lie inside the data directory.'),
    recovery_key: secretSchema(context)
      .optional()
      .describe(
        "The account's recovery key, or 32 bytes in base64. Signs the device, so that clients trust its messages.",
      ),
  });
}

/** The account as the section and the directory of credentials together give it; `undefined` when there is neither. */
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
    const secret = secretInFile(file);
    if (typeof secret !== 'string') return secret;
    complain(name, secret);
    return undefined;
  };
  const need = (key: 'homeserver_url' | 'user_id' | 'device_id', shape: RegExp, example: string): string => {
    const value = given?.[key] ?? fromDirectory(key)?.reveal();
    if (value === undefined) complain(key, `is missing; it looks like ${example}`);
    else if (!shape.test(value)) complain(key, `must look like ${example}`);
    return value ?? '';
  };
  const account = {
    homeserverUrl: need('homeserver_url', /^https?:\/\/\S+$/, 'https://matrix.example.org').replace(/\/+$/, ''),
    userId: need('user_id', /^@\S+:\S+$/, '@alerts:example.org'),
    deviceId: need('device_id', /^\S+$/, 'ABCDEFGHIJ'),
  };
  const accessToken = given?.access_token ?? fromDirectory('access_token');
  if (!accessToken) complain('access_token', 'is missing; it comes from the login of this device');
  const storageKey = readStorageKey(given?.storage_key ?? fromDirectory('storage_key'), storagePath);
  if (typeof storageKey === 'string') complain('storage_key', storageKey);
  const recoverySecret = given?.recovery_key ?? fromDirectory('recovery_key');
  const recoveryKey = recoverySecret && readRecoveryKey(recoverySecret);
  if (typeof recoveryKey === 'string') complain('recovery_key', recoveryKey);
  if (!accessToken || typeof storageKey === 'string' || typeof recoveryKey === 'string') return undefined;
  return { ...account, accessToken, storageKey, recoveryKey };
}

/** The key's bytes, or what is wrong with it. */
function readStorageKey(secret: Secret | undefined, storagePath: string): Buffer | string {
  const advice = 'make one with: openssl rand -base64 32 > storage_key';
  if (!secret) return `is missing; it encrypts what is on disk: ${advice}`;
  if (secret.file !== undefined && isInside(storagePath, secret.file)) {
    return `must not lie inside the data directory ${storagePath}, or whoever copies that has the key as well`;
  }
  return keyFromBase64(secret.reveal()) ?? `must be ${KEY_BYTES} bytes in base64; ${advice}`;
}

/** A recovery key as other clients show it, or of one's own making; or what is wrong with it. */
function readRecoveryKey(secret: Secret): Uint8Array | string {
  const text = secret.reveal();
  const advice =
    'must be the recovery key that a client showed, or 32 bytes in base64: openssl rand -base64 32 > recovery_key';
  return decodeRecoveryKey(text) ?? keyFromBase64(text) ?? advice;
}

function keyFromBase64(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return BASE64.test(text) && key.length === KEY_BYTES ? key : undefined;
}

// Links are followed: what counts is where the bytes are.
function isInside(directory: string, file: string): boolean {
  const path = relative(existingPath(directory), existingPath(file));
  return path !== '..' && !path.startsWith(`..${sep}`);
}

function existingPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

function credentialsDirectory({ env }: ConfigContext): string | undefined {
  return env.MATRIX_CREDENTIALS_DIR || (existsSync(DEFAULT_CREDENTIALS_DIR) ? DEFAULT_CREDENTIALS_DIR : undefined);
}
