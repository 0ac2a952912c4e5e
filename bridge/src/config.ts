import { existsSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import {
  type ConfigContext,
  ConfigError,
  type ConfigProblem,
  durationSchema,
  parseSoundSections,
  pathSchema,
  secretInFile,
  secretSchema,
  section,
} from '@repo/common/config';
import type { Secret } from '@repo/common/secret';
import { z } from 'zod';

const STORAGE_KEY_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const ROOM_ID = /^!\S+$/;
const ROOM_ID_NEEDED = 'must be a room id, which begins with "!" (Element: room settings, Advanced)';
const DEFAULT_CREDENTIALS_DIR = '/var/run/secrets/matrix-bot';

/** The Matrix account the bridge speaks as: one device, for good. */
export interface MatrixAccount {
  readonly homeserverUrl: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: Secret;
  /** Encrypts what is at rest: 32 bytes. */
  readonly storageKey: Buffer;
}

export interface WebhookCredentials {
  readonly bearerTokens: readonly Secret[];
  readonly basic: readonly { readonly username: string; readonly password: Secret }[];
  /** Nobody has to prove who they are. */
  readonly insecure: boolean;
}

export interface BridgeConfig {
  /** Absent: there is no Matrix account, and messages are shown in the terminal. */
  readonly matrix: MatrixAccount | undefined;
  /** Room ids by configured name. */
  readonly rooms: ReadonlyMap<string, string>;
  /** The name of the room for a receiver of Alertmanager; every receiver has one. */
  readonly roomFor: (receiver: string) => string;
  readonly webhook: WebhookCredentials;
  readonly remindAfterMs: number;
}

/** The room that messages go to when neither a Matrix account nor a room is configured. */
const TERMINAL_ROOM = 'terminal';

/**
 * Reads the configuration, completed by the environment.
 * @param storagePath the data directory, which must not hold the storage key
 * @throws ConfigError with every problem at once
 */
export function readConfig(text: string, source: string, context: ConfigContext, storagePath: string): BridgeConfig {
  const { config: given, problems: faults, unsound } = parseSoundSections(configSchema(context), text, source);
  const problems: ConfigProblem[] = [];
  const matrix = readAccount(given.matrix, context, storagePath, problems);
  const rooms = readRooms(
    given.rooms,
    context,
    matrix !== undefined || problems.length > 0 || unsound.has('matrix'),
    problems,
  );
  const roomFor = readReceivers(given.receivers, rooms, problems);
  const { bearer_tokens: bearerTokens, basic, insecure } = given.webhook;
  if (bearerTokens.length + basic.length === 0 && !insecure) {
    problems.push({
      path: 'webhook',
      message: 'has no credential; set bearer_tokens (or basic), or `insecure: true` to let everyone post',
    });
  }
  if (bearerTokens.length + basic.length > 0 && insecure) {
    problems.push({
      path: 'webhook.insecure',
      message: 'lets everyone post in spite of the credentials; keep one of both',
    });
  }
  const all = [...faults, ...problems.filter(({ path }) => !followsFrom(unsound, path))];
  if (all.length > 0) throw new ConfigError(source, all);
  return { matrix, rooms, roomFor, webhook: { bearerTokens, basic, insecure }, remindAfterMs: given.remind_after };
}

// A section that was not read lacks everything; and without rooms no receiver has one.
function followsFrom(unsound: ReadonlySet<string>, path: string): boolean {
  const [section = ''] = path.split('.');
  return unsound.has(section) || (section === 'receivers' && unsound.has('rooms'));
}

function configSchema(context: ConfigContext) {
  const roomId = z.string().regex(ROOM_ID, ROOM_ID_NEEDED);
  const roomName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be a name of letters, digits, "_", "-" and "."');
  return section({
    matrix: section({
      homeserver_url: z.string().optional(),
      user_id: z.string().optional(),
      device_id: z.string().optional(),
      access_token: secretSchema(context).optional(),
      credentials_dir: pathSchema(context).optional(),
      storage_key: secretSchema(context).optional(),
    }).optional(),
    rooms: z.record(roomName, section({ id: roomId })).default({}),
    receivers: z.record(z.string(), z.string()).default({}),
    webhook: section({
      bearer_tokens: z.array(secretSchema(context)).default([]),
      basic: z.array(section({ username: z.string(), password: secretSchema(context) })).default([]),
      insecure: z.boolean().default(false),
    }).prefault({}),
    // Named from the start, so that files written today stay valid: what asks Alertmanager back will look here.
    alertmanagers: z.array(section({ url: z.url('must be a web address') })).default([]),
    remind_after: durationSchema({ atLeast: '1m' }).default(4 * 3_600_000),
  });
}

type Given = z.output<ReturnType<typeof configSchema>>;

function readAccount(
  given: Given['matrix'],
  context: ConfigContext,
  storagePath: string,
  problems: ConfigProblem[],
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
  if (!accessToken || typeof storageKey === 'string') return undefined;
  return { ...account, accessToken, storageKey };
}

/** The key's bytes, or what is wrong with it. */
function readStorageKey(secret: Secret | undefined, storagePath: string): Buffer | string {
  const advice = 'make one with: openssl rand -base64 32 > storage_key';
  if (!secret) return `is missing; it encrypts what is on disk: ${advice}`;
  if (secret.file !== undefined && isInside(storagePath, secret.file)) {
    return `must not lie inside the data directory ${storagePath}, or whoever copies that has the key as well`;
  }
  const text = secret.reveal();
  const key = Buffer.from(text, 'base64');
  return BASE64.test(text) && key.length === STORAGE_KEY_BYTES
    ? key
    : `must be ${STORAGE_KEY_BYTES} bytes in base64; ${advice}`;
}

// Links are followed: what counts is where the bytes are.
function isInside(directory: string, file: string): boolean {
  const path = relative(existingPath(directory), existingPath(file));
  return path !== '..' && !path.startsWith(`..${sep}`);
}

function existingPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

function readRooms(
  given: Given['rooms'],
  context: ConfigContext,
  hasAccount: boolean,
  problems: ConfigProblem[],
): ReadonlyMap<string, string> {
  const rooms = new Map(Object.entries(given).map(([name, room]) => [name, room.id]));
  const fromEnvironment = context.env.MATRIX_ROOM_ID;
  if (rooms.size === 0 && fromEnvironment) {
    if (!ROOM_ID.test(fromEnvironment)) problems.push({ path: '$MATRIX_ROOM_ID', message: ROOM_ID_NEEDED });
    rooms.set('default', fromEnvironment);
  }
  if (rooms.size === 0 && !hasAccount) rooms.set(TERMINAL_ROOM, '');
  if (rooms.size === 0)
    problems.push({ path: 'rooms', message: 'has no room; add one, like ops: {id: "!room:example.org"}' });
  return rooms;
}

function readReceivers(
  given: Given['receivers'],
  rooms: ReadonlyMap<string, string>,
  problems: ConfigProblem[],
): BridgeConfig['roomFor'] {
  const known = [...rooms.keys()].join(', ');
  for (const [receiver, room] of Object.entries(given)) {
    if (rooms.size > 0 && !rooms.has(room))
      problems.push({ path: `receivers.${receiver}`, message: `names no room; rooms are: ${known}` });
  }
  const [onlyRoom = ''] = rooms.keys();
  const fallback = given.default ?? onlyRoom;
  if (given.default === undefined && rooms.size > 1) {
    problems.push({ path: 'receivers.default', message: `is missing; it says where everything else goes: ${known}` });
  }
  const byReceiver = new Map(Object.entries(given));
  return (receiver) => byReceiver.get(receiver) ?? fallback;
}

function credentialsDirectory({ env }: ConfigContext): string | undefined {
  return env.MATRIX_CREDENTIALS_DIR || (existsSync(DEFAULT_CREDENTIALS_DIR) ? DEFAULT_CREDENTIALS_DIR : undefined);
}
