import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@repo/common/config';
import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const FULL = `
matrix:
  homeserver_url: https://matrix.example.org/
  user_id: "@alerts:example.org"
  device_id: ABCDEFGHIJ
  access_token: syt_token
  storage_key: ${KEY}
rooms: {ops: {id: "!ops:example.org"}}
webhook: {bearer_tokens: [hunter2]}
`;

const newDirectory = () => mkdtempSync(join(tmpdir(), 'config-test-'));
function read(text: string, env: Record<string, string> = {}, storagePath = '/var/lib/bridge') {
  return readConfig(text, 'bridge.yaml', { directory: '/etc/bridge', env }, storagePath);
}
function complaintOf(...args: Parameters<typeof read>): string[] {
  try {
    read(...args);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}
function withoutLine(start: string): string {
  return FULL.replace(new RegExp(`^ *${start}.*\\n`, 'm'), '');
}

test('a full configuration is read', () => {
  const config = read(FULL);
  expect(config.matrix).toMatchObject({
    homeserverUrl: 'https://matrix.example.org',
    userId: '@alerts:example.org',
    deviceId: 'ABCDEFGHIJ',
    storageKey: Buffer.alloc(32, 7),
  });
  expect(config.matrix?.accessToken.reveal()).toBe('syt_token');
  expect([...config.rooms]).toEqual([['ops', { id: '!ops:example.org', timeZone: 'UTC' }]]);
  expect(config.webhook.bearerTokens.map((token) => token.reveal())).toEqual(['hunter2']);
  expect(config.remindAfterMs).toBe(4 * 3_600_000);
});

test('without an account messages go to the terminal, and only the webhook needs a word', () => {
  const config = read('webhook: {insecure: true}');
  expect(config.matrix).toBeUndefined();
  expect([...config.rooms.keys()]).toEqual(['terminal']);
  expect(config.roomFor('anything')).toBe('terminal');
  expect(config.webhook.insecure).toBe(true);
});

test('mistakes in several sections are all reported at once', () => {
  expect(complaintOf('matrix: {}\nreceivers: {dev: nowhere}')).toEqual([
    'matrix.homeserver_url: is missing. Example: https://matrix.example.org',
    'matrix.user_id: is missing. Example: @alerts:example.org',
    'matrix.device_id: is missing. Example: ABCDEFGHIJ',
    'matrix.access_token: is missing. Use the access token of the login of this device',
    'matrix.storage_key: is missing. It encrypts stored data. Create one with: (umask 077; openssl rand -base64 32 > storage_key)',
    'rooms: is empty. Add a room, for example ops: {id: "!room:example.org"}',
    'webhook: has no credential. Set bearer_tokens or basic, or `insecure: true` to accept requests from everyone',
  ]);
});

test('mistakes of writing and of meaning are reported together, and none that only follows from another', () => {
  const text =
    'matrix: {homeserver_url: 1}\nrooms: {ops: {id: "#ops"}}\nreceivers: {dev: ops}\nremind_after: 4 hours\nx: 1';
  expect(complaintOf(text)).toEqual([
    'matrix.homeserver_url: 1 must be a string',
    'rooms.ops.id: "#ops" must be a room ID that starts with "!" (in Element: room settings, Advanced)',
    'remind_after: "4 hours" is not a duration; write it as in Prometheus, like 90s, 5m or 1h30m',
    'x: is an unknown key; known here: matrix, rooms, encryption, severities, heartbeats, receivers, webhook, alertmanagers, prometheus, remind_after, http',
    'webhook: has no credential. Set bearer_tokens or basic, or `insecure: true` to accept requests from everyone',
  ]);
  expect(complaintOf('remind_after: 1s\nmatrix: {}\nrooms: {ops: {id: "!ops"}}\nwebhook: {basic: x}')).toHaveLength(7);
  expect(complaintOf(FULL.replace('!ops', '#ops').concat('matrixx: 1\n'))).toHaveLength(2);
});

const WRONG_KEY =
  'matrix.storage_key: must be 32 bytes in base64. Create one with: (umask 077; openssl rand -base64 32 > storage_key)';
const sole: [string, string, string][] = [
  [
    'a homeserver without a scheme',
    FULL.replace('https://matrix', 'matrix'),
    'matrix.homeserver_url: is invalid. Example: https://matrix.example.org',
  ],
  [
    'a homeserver without encryption beyond loopback',
    FULL.replace('https://matrix', 'http://matrix'),
    'matrix.homeserver_url: would send the access token unencrypted. Use https, or set matrix.allow_insecure_http for a homeserver in the same cluster',
  ],
  [
    'a homeserver with a password in its URL',
    FULL.replace('https://matrix', 'https://user:hunter2@matrix'),
    'matrix.homeserver_url: must not contain a user name or password',
  ],
  [
    'a homeserver with a password on loopback',
    FULL.replace('https://matrix.example.org', 'http://:hunter2@localhost'),
    'matrix.homeserver_url: must not contain a user name or password',
  ],
  [
    'a user without a server',
    FULL.replace('"@alerts:example.org"', 'alerts'),
    'matrix.user_id: is invalid. Example: @alerts:example.org',
  ],
  ['a device with a space', FULL.replace('ABCDEFGHIJ', 'A B'), 'matrix.device_id: is invalid. Example: ABCDEFGHIJ'],
  ['a key that is too short', FULL.replace(KEY, Buffer.alloc(31).toString('base64')), WRONG_KEY],
  ['a key that is too long', FULL.replace(KEY, Buffer.alloc(33).toString('base64')), WRONG_KEY],
  ['a key in hexadecimal', FULL.replace(KEY, Buffer.alloc(32, 0xab).toString('hex')), WRONG_KEY],
  ['a key of which only 32 bytes are base64', FULL.replace(KEY, `"${KEY.slice(0, 20)}-*-${KEY.slice(20)}"`), WRONG_KEY],
  [
    'a room alias',
    FULL.replace('!ops', '#ops'),
    'rooms.ops.id: "#ops:example.org" must be a room ID that starts with "!" (in Element: room settings, Advanced)',
  ],
  [
    'a room with a space in its name',
    FULL.replace('{ops:', '{"the ops":'),
    'rooms.the ops: as a name must be a name of letters, digits, "_", "-" and "."',
  ],
  [
    'a webhook with credentials that is open to all',
    FULL.replace('[hunter2]', '[hunter2], insecure: true'),
    'webhook.insecure: cannot be combined with credentials. Remove one of them',
  ],
  ['no room', withoutLine('rooms'), 'rooms: is empty. Add a room, for example ops: {id: "!room:example.org"}'],
  [
    'no credential for the webhook',
    withoutLine('webhook'),
    'webhook: has no credential. Set bearer_tokens or basic, or `insecure: true` to accept requests from everyone',
  ],
  [
    'an unknown key',
    `${FULL}template: x`,
    'template: is an unknown key; known here: matrix, rooms, encryption, severities, heartbeats, receivers, webhook, alertmanagers, prometheus, remind_after, http',
  ],
  ['reminders without end', `${FULL}remind_after: 1s`, 'remind_after: "1s" is too short; the minimum is 1m'],
  [
    'a receiver for a room that is not there',
    `${FULL}receivers: {default: ops, dev: nowhere}`,
    'receivers.dev: is not a configured room. Configured rooms: ops',
  ],
  [
    'several rooms and no default',
    FULL.replace('rooms: {', 'rooms: {dev: {id: "!dev:example.org"}, '),
    'receivers.default: is missing. Set it to the room of all other receivers, one of: dev, ops',
  ],
];
test.each(sole)('%s is refused', (_, text, sentence) => {
  expect(complaintOf(text)).toEqual([sentence]);
});

test('no complaint shows a secret', () => {
  const wrong = FULL.replaceAll('hunter2', '[hunter2]').replace(KEY, 'hunter2').replace('syt_token', '[hunter2]');
  expect(complaintOf(wrong)).not.toEqual([]);
  expect(complaintOf(wrong).join()).not.toContain('hunter2');
});

test('Alertmanager receivers find their rooms, all others the default', () => {
  const { roomFor } = read(
    FULL.replace('rooms: {', 'rooms: {dev: {id: "!dev:example.org"}, ').concat('receivers: {default: ops, web: dev}'),
  );
  expect(['web', 'other', '', 'default', 'constructor', '__proto__'].map(roomFor)).toEqual([
    'dev',
    'ops',
    'ops',
    'ops',
    'ops',
    'ops',
  ]);
});

test('with one room everything goes there', () => {
  expect(read(FULL).roomFor('anything')).toBe('ops');
});

test('$MATRIX_ROOM_ID is the room where none is configured', () => {
  const env = { MATRIX_ROOM_ID: '!env:example.org' };
  expect([...read(withoutLine('rooms'), env).rooms]).toEqual([
    ['default', { id: '!env:example.org', timeZone: 'UTC' }],
  ]);
  expect([...read(FULL, env).rooms]).toEqual([['ops', { id: '!ops:example.org', timeZone: 'UTC' }]]);
  expect(complaintOf(withoutLine('rooms'), { MATRIX_ROOM_ID: '#alias:example.org' })).toEqual([
    '$MATRIX_ROOM_ID: must be a room ID that starts with "!" (in Element: room settings, Advanced)',
  ]);
});

function credentials(files: Record<string, string>): string {
  const directory = newDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}
const ACCOUNT = {
  homeserver_url: 'https://matrix.example.org\n',
  user_id: '@alerts:example.org\n',
  device_id: 'ABCDEFGHIJ\n',
  access_token: 'syt_token\n',
  storage_key: `${KEY}\n`,
};
const ROOM = 'rooms: {ops: {id: "!ops:example.org"}}\nwebhook: {insecure: true}\n';

test.each(['credentials_dir', '$MATRIX_CREDENTIALS_DIR'])('the account may come from the directory in %s', (way) => {
  const directory = credentials(ACCOUNT);
  const { matrix } =
    way === 'credentials_dir'
      ? read(`${ROOM}matrix: {credentials_dir: ${directory}}`)
      : read(ROOM, { MATRIX_CREDENTIALS_DIR: directory });
  expect(matrix).toMatchObject({ deviceId: 'ABCDEFGHIJ', storageKey: Buffer.alloc(32, 7) });
  expect(matrix?.accessToken.reveal()).toBe('syt_token');
});

test('what the configuration says counts more than the directory', () => {
  const directory = credentials(ACCOUNT);
  const { matrix } = read(`${ROOM}matrix: {device_id: OTHER, access_token: other, credentials_dir: ${directory}}`);
  expect(matrix?.deviceId).toBe('OTHER');
  expect(matrix?.accessToken.reveal()).toBe('other');
});

test('a token in the directory that is rotated is read anew', () => {
  const directory = credentials(ACCOUNT);
  const { matrix } = read(ROOM, { MATRIX_CREDENTIALS_DIR: directory });
  writeFileSync(join(directory, 'access_token'), 'rotated');
  expect(matrix?.accessToken.reveal()).toBe('rotated');
});

test('each file of the directory that is missing, empty or unreadable is one problem', () => {
  const { device_id: _, ...rest } = ACCOUNT;
  const directory = credentials({ ...rest, access_token: ' \n' });
  rmSync(join(directory, 'user_id'));
  mkdirSync(join(directory, 'user_id'));
  expect(complaintOf(ROOM, { MATRIX_CREDENTIALS_DIR: directory })).toEqual([
    `matrix.user_id: the file ${directory}/user_id cannot be read (EISDIR)`,
    'matrix.device_id: is missing. Example: ABCDEFGHIJ',
    `matrix.access_token: the file ${directory}/access_token is empty`,
  ]);
});

test('a missing credentials directory is reported as missing keys', () => {
  expect(complaintOf(ROOM, { MATRIX_CREDENTIALS_DIR: '/nowhere' })).toHaveLength(5);
});

const inside = (storage: string) => [
  `matrix.storage_key: must be outside the data directory ${storage}, so that a copy of the data does not contain the key`,
];

test('a storage key inside the data directory is refused, by whatever path or link it is reached', () => {
  const storage = newDirectory();
  const elsewhere = newDirectory();
  mkdirSync(join(storage, 'deep'));
  writeFileSync(join(storage, 'deep', 'key'), KEY);
  writeFileSync(join(storage, '..key'), KEY);
  symlinkSync(join(storage, 'deep', 'key'), join(elsewhere, 'link'));
  symlinkSync(storage, join(elsewhere, 'storage'));
  const configured = (file: string) => FULL.replace(KEY, `{file: "${file}"}`);
  expect(complaintOf(configured(`${storage}/deep/key`), {}, storage)).toEqual(inside(storage));
  expect(complaintOf(configured(`${storage}/..key`), {}, storage)).toEqual(inside(storage));
  expect(complaintOf(configured(`${elsewhere}/link`), {}, storage)).toEqual(inside(storage));
  const linked = join(elsewhere, 'storage');
  expect(complaintOf(configured(`${storage}/deep/key`), {}, linked)).toEqual(inside(linked));
});

test('a storage key beside the data directory is taken, however alike the names', () => {
  const parent = newDirectory();
  writeFileSync(join(parent, 'data-key'), KEY);
  expect(complaintOf(FULL.replace(KEY, `{file: "${parent}/data-key"}`), {}, join(parent, 'data'))).toEqual([]);
});

describe('how a room reads', () => {
  const roomWith = (timezone: string) =>
    FULL.replace('"!ops:example.org"}', `"!ops:example.org", timezone: ${timezone}}`);

  test('a room has its time zone', () => {
    expect(read(roomWith('Europe/Berlin')).rooms.get('ops')?.timeZone).toBe('Europe/Berlin');
  });

  test('an unknown time zone is rejected', () => {
    expect(complaintOf(roomWith('Mars/Olympus'))).toEqual([
      'rooms.ops.timezone: "Mars/Olympus" must be a time zone like Europe/Berlin',
    ]);
  });

  test('severities have an order, and aliases beside the built-in ones', () => {
    const { severities } = read(`${FULL}\nseverities: {order: [Disaster, critical, info], aliases: {Sev9: info}}`);
    expect(severities.order).toEqual(['disaster', 'critical', 'info']);
    expect(['page', 'sev9', 'warn'].map((alias) => severities.aliases.get(alias))).toEqual([
      'critical',
      'info',
      undefined,
    ]);
  });

  test.each([
    ['{order: [critical]}', 'severities.order: must have at least two severities'],
    ['{order: [a, A]}', 'severities.order: must not name a severity twice'],
    ['{aliases: {page: loud}}', 'severities.aliases.page: "loud" must name a severity of the order'],
  ])('the severities %s are rejected', (severities, problem) => {
    expect(complaintOf(`${FULL}\nseverities: ${severities}`)).toEqual([problem]);
  });
});

test.each(['http://localhost:8008', 'http://127.0.0.1', 'http://[::1]:8008', 'https://matrix.example.org'])(
  'the homeserver %s needs no switch',
  (url) => {
    expect(read(FULL.replace('https://matrix.example.org', url)).matrix?.homeserverUrl).toBe(url);
  },
);

test('an unencrypted homeserver in the same cluster needs a switch', () => {
  const url = 'http://synapse.matrix.svc:8008';
  const text = FULL.replace('https://matrix.example.org', url).replace(
    'matrix:\n',
    'matrix:\n  allow_insecure_http: true\n',
  );
  expect(read(text).matrix?.homeserverUrl).toBe(url);
});

test('messages are for all devices, unless the configuration says otherwise', () => {
  expect(read(FULL).devices).toBe('all');
  const recovery = FULL.replace('matrix:\n', `matrix:\n  recovery_key: ${KEY}\n`);
  expect(read(`${recovery}\nencryption: {devices: signed}`).devices).toBe('signed');
  expect(complaintOf(`${FULL}\nencryption: {devices: signed}`)).toEqual([
    'encryption.devices: needs matrix.recovery_key for `signed`: without an identity the bridge cannot judge those of others',
  ]);
});

describe('heartbeats', () => {
  test('have a timeout and go to the default room', () => {
    expect(
      read(`${FULL}\nheartbeats: {prod: {}, lab: {timeout: 1h, room: ops, severity: warning}}`).heartbeats,
    ).toEqual([
      { name: 'prod', timeoutMs: 600_000, room: 'ops', severity: 'critical' },
      { name: 'lab', timeoutMs: 3_600_000, room: 'ops', severity: 'warning' },
    ]);
  });

  test('name a configured room', () => {
    expect(complaintOf(`${FULL}\nheartbeats: {prod: {room: dev}}`)).toEqual([
      'heartbeats.prod.room: is not a configured room. Configured rooms: ops',
    ]);
  });
});
