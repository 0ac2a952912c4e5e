import {
  type ConfigContext,
  ConfigError,
  durationSchema,
  parseSoundSections,
  secretSchema,
  section,
} from '@repo/common/config';
import type { FieldProblem } from '@repo/common/field-problem';
import { type OutboundSettings, outboundSchema } from '@repo/common/outbound/outbound';
import { type ProxySettings, readProxySettings } from '@repo/common/outbound/proxy';
import type { Secret } from '@repo/common/secret';
import { z } from 'zod';
import { accountSchema, type MatrixAccount, readAccount } from './matrix/account-config.ts';

const ROOM_ID = /^!\S+$/;
const ROOM_ID_NEEDED = 'must be a room id, which begins with "!" (Element: room settings, Advanced)';

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
  readonly outbound: OutboundSettings;
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
  const problems: FieldProblem[] = [];
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
  const proxies = readProxies(context, source, problems);
  const all = [...faults, ...problems.filter(({ path }) => !followsFrom(unsound, path))];
  if (proxies === undefined || all.length > 0) throw new ConfigError(source, all);
  return {
    matrix,
    rooms,
    roomFor,
    webhook: { bearerTokens, basic, insecure },
    remindAfterMs: given.remind_after,
    outbound: { ca: given.http.ca_file, proxies },
  };
}

// A section that was not read lacks everything; and without rooms no receiver has one.
function followsFrom(unsound: ReadonlySet<string>, path: string): boolean {
  const [section = ''] = path.split('.');
  return unsound.has(section) || (section === 'receivers' && unsound.has('rooms'));
}

/** The configuration file. What each key means is told by its description, which the documentation is made from. */
export function configSchema(context: ConfigContext) {
  const roomId = z.string().regex(ROOM_ID, ROOM_ID_NEEDED);
  const roomName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be a name of letters, digits, "_", "-" and "."');
  return section({
    matrix: accountSchema(context)
      .optional()
      .describe(
        'The account that the bridge speaks as. Without it, and without `$MATRIX_CREDENTIALS_DIR`, messages are shown in the terminal.',
      ),
    rooms: z
      .record(roomName, section({ id: roomId.describe('The room id, which begins with `!`.') }))
      .default({})
      .describe('The rooms, by names of your choice. With none, `$MATRIX_ROOM_ID` is one, by the name `default`.'),
    receivers: z
      .record(z.string(), z.string())
      .default({})
      .describe('Which room gets what: rooms by receivers of Alertmanager, and `default` for everything else.'),
    webhook: section({
      bearer_tokens: z.array(secretSchema(context)).default([]).describe('Any of them will do.'),
      basic: z
        .array(
          section({
            username: z.string().describe('The name of a user.'),
            password: secretSchema(context).describe('Their password.'),
          }),
        )
        .default([])
        .describe('Users who may post.'),
      insecure: z.boolean().default(false).describe('Let everyone post. Excludes the other two.'),
    })
      .prefault({})
      .describe('Who may post alerts: at least one secret, or `insecure: true`.'),
    // Named from the start, so that files written today stay valid: what asks Alertmanager back will look here.
    alertmanagers: z
      .array(section({ url: z.url('must be a web address').describe('Its web address.') }))
      .default([])
      .describe("Where Alertmanager's API is. Nothing asks it yet."),
    remind_after: durationSchema({ atLeast: '1m' })
      .prefault('4h')
      .describe(
        'A notification without news that comes this long after the last one is a reminder, where Alertmanager does not say.',
      ),
    http: outboundSchema(context)
      .prefault({})
      .describe('How the homeserver is reached. `$HTTPS_PROXY`, `$HTTP_PROXY` and `$NO_PROXY` are honoured.'),
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
  problems: FieldProblem[],
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
