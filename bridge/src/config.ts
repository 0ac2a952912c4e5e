import {
  type ConfigContext,
  ConfigError,
  durationSchema,
  parseValidSections,
  secretSchema,
  section,
} from '@repo/common/config';
import type { FieldProblem } from '@repo/common/field-problem';
import { type OutboundSettings, outboundSchema } from '@repo/common/outbound/outbound';
import { type ProxySettings, readProxySettings } from '@repo/common/outbound/proxy';
import type { Secret } from '@repo/common/secret';
import { z } from 'zod';
import type { HeartbeatConfig } from './alerts/heartbeat.ts';
import { heartbeatsSchema } from './alerts/heartbeats-config.ts';
import { accountSchema, type MatrixAccount, readAccount } from './matrix/account-config.ts';
import { DEVICE_POLICIES, type DevicePolicy } from './matrix/device-policy.ts';
import { severitiesSchema } from './message/severities-config.ts';
import type { SeverityScale } from './message/severity.ts';

const ROOM_ID = /^!\S+$/;
const ROOM_ID_NEEDED = 'must be a room ID that starts with "!" (in Element: room settings, Advanced)';

export interface WebhookCredentials {
  readonly bearerTokens: readonly Secret[];
  readonly basic: readonly { readonly username: string; readonly password: Secret }[];
  /** Accept requests without a credential. */
  readonly insecure: boolean;
}

export interface RoomConfig {
  /** The Matrix room id; empty for the terminal. */
  readonly id: string;
  /** IANA name of the time zone in which the room reads times. */
  readonly timeZone: string;
}

export interface BridgeConfig {
  /** Without an account, messages are printed in the terminal. */
  readonly matrix: MatrixAccount | undefined;
  /** Rooms by configured name. */
  readonly rooms: ReadonlyMap<string, RoomConfig>;
  readonly severities: SeverityScale;
  readonly heartbeats: readonly HeartbeatConfig[];
  /** Returns the name of the room for an Alertmanager receiver. */
  readonly roomFor: (receiver: string) => string;
  readonly webhook: WebhookCredentials;
  /** Devices that receive message keys. */
  readonly devices: DevicePolicy;
  /** Evaluates chart queries; without it there are no charts. */
  readonly prometheusUrl: string | undefined;
  readonly remindAfterMs: number;
  readonly outbound: OutboundSettings;
}

/** The room if neither a Matrix account nor a room is configured. */
const TERMINAL_ROOM = 'terminal';

/**
 * Reads the configuration and the environment variables that complete it.
 * @param storagePath the data directory, which must not contain the storage key
 * @throws ConfigError with every problem at once
 */
export function readConfig(text: string, source: string, context: ConfigContext, storagePath: string): BridgeConfig {
  const { config: given, problems: faults, invalid } = parseValidSections(configSchema(context), text, source);
  const problems: FieldProblem[] = [];
  const matrix = readAccount(given.matrix, context, storagePath, problems);
  const rooms = readRooms(
    given.rooms,
    context,
    matrix !== undefined || problems.length > 0 || invalid.has('matrix'),
    problems,
  );
  const roomFor = readReceivers(given.receivers, rooms, problems);
  const { bearer_tokens: bearerTokens, basic, insecure } = given.webhook;
  if (bearerTokens.length + basic.length === 0 && !insecure) {
    problems.push({
      path: 'webhook',
      message: 'has no credential. Set bearer_tokens or basic, or `insecure: true` to accept requests from everyone',
    });
  }
  if (bearerTokens.length + basic.length > 0 && insecure) {
    problems.push({
      path: 'webhook.insecure',
      message: 'cannot be combined with credentials. Remove one of them',
    });
  }
  const heartbeats = readHeartbeats(given.heartbeats, rooms, roomFor('default'), problems);
  if (given.encryption.devices === 'signed' && matrix && !matrix.recoveryKey) {
    problems.push({
      path: 'encryption.devices',
      message: 'needs matrix.recovery_key for `signed`: without an identity the bridge cannot judge those of others',
    });
  }
  const proxies = readProxies(context, source, problems);
  const all = [...faults, ...problems.filter(({ path }) => !followsFrom(invalid, path))];
  if (proxies === undefined || all.length > 0) throw new ConfigError(source, all);
  return {
    matrix,
    rooms,
    roomFor,
    webhook: { bearerTokens, basic, insecure },
    severities: given.severities,
    heartbeats,
    devices: given.encryption.devices,
    prometheusUrl: given.prometheus?.url,
    remindAfterMs: given.remind_after,
    outbound: { ca: given.http.ca_file, proxies },
  };
}

// Problems in these sections only follow from another section that is invalid.
function followsFrom(invalid: ReadonlySet<string>, path: string): boolean {
  const [section = ''] = path.split('.');
  const needsRooms = section === 'receivers' || section === 'heartbeats';
  return invalid.has(section) || (needsRooms && invalid.has('rooms'));
}

/** Schema of the configuration file. The documentation is generated from the descriptions. */
export function configSchema(context: ConfigContext) {
  const roomId = z.string().regex(ROOM_ID, ROOM_ID_NEEDED);
  const roomSchema = section({
    id: roomId.describe('Room id. Starts with `!`.'),
    timezone: z
      .string()
      .refine(isTimeZone, 'must be a time zone like Europe/Berlin')
      .default('UTC')
      .describe('Time zone for the times in messages, such as `Europe/Berlin`.'),
  });
  const roomName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be a name of letters, digits, "_", "-" and "."');
  return section({
    matrix: accountSchema(context)
      .optional()
      .describe(
        'The Matrix account of the bridge. Without it and without `$MATRIX_CREDENTIALS_DIR`, messages are printed in the terminal.',
      ),
    rooms: z
      .record(roomName, roomSchema)
      .default({})
      .describe('Rooms by name. If empty, `$MATRIX_ROOM_ID` is used as room `default`.'),
    encryption: section({
      devices: z
        .enum(DEVICE_POLICIES)
        .default('all')
        .describe(
          'Devices that can read messages: `all` devices of the members, or only those `signed` by their owner. With `signed`, a homeserver cannot add a device unnoticed, but members without a cross-signing identity read nothing. `signed` needs `matrix.recovery_key`.',
        ),
    })
      .prefault({})
      .describe('End-to-end encryption.'),
    severities: severitiesSchema,
    heartbeats: heartbeatsSchema,
    receivers: z
      .record(z.string(), z.string())
      .default({})
      .describe('Room name for each Alertmanager receiver. All other receivers use `default`.'),
    webhook: section({
      bearer_tokens: z
        .array(secretSchema(context))
        .default([])
        .describe('Accepted bearer tokens. Use several for rotation.'),
      basic: z
        .array(
          section({
            username: z.string().describe('User name.'),
            password: secretSchema(context).describe('Password.'),
          }),
        )
        .default([])
        .describe('Users accepted with basic authentication.'),
      insecure: z
        .boolean()
        .default(false)
        .describe('Accept requests without a credential. Cannot be combined with the other two.'),
    })
      .prefault({})
      .describe('Credentials of the webhook: at least one secret, or `insecure: true`.'),
    alertmanagers: z
      .array(section({ url: z.url('must be a URL').describe('URL of the Alertmanager.') }))
      .default([])
      .describe('Alertmanagers that the bridge may query. Not used yet.'),
    prometheus: section({
      url: z.url({ protocol: /^https?$/, error: 'must be a web address' }).describe('Address of Prometheus.'),
    })
      .optional()
      .describe('Draws the chart of alerts with the annotation `chart_query`, as a picture in the thread of the card.'),
    remind_after: durationSchema({ atLeast: '1m' })
      .prefault('4h')
      .describe(
        'Minimum time between reminders about unchanged alerts. Applies to Alertmanager versions that do not send a notification reason.',
      ),
    http: outboundSchema(context)
      .prefault({})
      .describe('Outgoing connections. `$HTTPS_PROXY`, `$HTTP_PROXY` and `$NO_PROXY` are honoured.'),
  });
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function readHeartbeats(
  given: Given['heartbeats'],
  rooms: ReadonlyMap<string, RoomConfig>,
  defaultRoom: string,
  problems: FieldProblem[],
): readonly HeartbeatConfig[] {
  return Object.entries(given).map(([name, { timeout: timeoutMs, room = defaultRoom, severity }]) => {
    if (rooms.size > 0 && !rooms.has(room)) {
      const message = `is not a configured room. Configured rooms: ${[...rooms.keys()].join(', ')}`;
      problems.push({ path: `heartbeats.${name}.room`, message });
    }
    return { name, timeoutMs, room, severity };
  });
}

function readProxies(context: ConfigContext, source: string, problems: FieldProblem[]): ProxySettings | undefined {
  try {
    return readProxySettings(context.env, source);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

type Given = z.output<ReturnType<typeof configSchema>>;

function readRooms(
  given: Given['rooms'],
  context: ConfigContext,
  hasAccount: boolean,
  problems: FieldProblem[],
): ReadonlyMap<string, RoomConfig> {
  const rooms = new Map(Object.entries(given).map(([name, { id, timezone: timeZone }]) => [name, { id, timeZone }]));
  const fromEnvironment = context.env.MATRIX_ROOM_ID;
  if (rooms.size === 0 && fromEnvironment) {
    if (!ROOM_ID.test(fromEnvironment)) problems.push({ path: '$MATRIX_ROOM_ID', message: ROOM_ID_NEEDED });
    rooms.set('default', { id: fromEnvironment, timeZone: 'UTC' });
  }
  if (rooms.size === 0 && !hasAccount) rooms.set(TERMINAL_ROOM, { id: '', timeZone: 'UTC' });
  if (rooms.size === 0)
    problems.push({ path: 'rooms', message: 'is empty. Add a room, for example ops: {id: "!room:example.org"}' });
  return rooms;
}

function readReceivers(
  given: Given['receivers'],
  rooms: ReadonlyMap<string, RoomConfig>,
  problems: FieldProblem[],
): BridgeConfig['roomFor'] {
  const known = [...rooms.keys()].join(', ');
  for (const [receiver, room] of Object.entries(given)) {
    if (rooms.size > 0 && !rooms.has(room))
      problems.push({ path: `receivers.${receiver}`, message: `is not a configured room. Configured rooms: ${known}` });
  }
  const [onlyRoom = ''] = rooms.keys();
  const fallback = given.default ?? onlyRoom;
  if (given.default === undefined && rooms.size > 1) {
    problems.push({
      path: 'receivers.default',
      message: `is missing. Set it to the room of all other receivers, one of: ${known}`,
    });
  }
  const byReceiver = new Map(Object.entries(given));
  return (receiver) => byReceiver.get(receiver) ?? fallback;
}
