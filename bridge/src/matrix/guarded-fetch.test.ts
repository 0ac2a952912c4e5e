import { expect, test } from 'vitest';
import { FatalError } from '../fatal-error.ts';
import { createGuardedFetch } from './guarded-fetch.ts';

const HOME = 'https://matrix.example.org';
const ROOM = encodeURIComponent('!room:example.org');
const PLAIN = JSON.stringify({ msgtype: 'm.text', body: 'The disk is full' });
const CONTENT = {
  algorithm: 'm.megolm.v1.aes-sha2',
  ciphertext: 'AwgAEnACgAkLmt6qF84IK',
  device_id: 'ABCDEFGHIJ',
  sender_key: 'key',
  session_id: 'session',
};
const ENCRYPTED = JSON.stringify(CONTENT);

function scene(answer = new Response('{"event_id":"$1"}')) {
  const left: string[] = [];
  const fatal: FatalError[] = [];
  const network: typeof fetch = async (input) => {
    left.push(String(input instanceof Request ? input.url : input));
    return answer;
  };
  const withheld: unknown[] = [];
  const events = {
    fatal: (error: FatalError) => void fatal.push(error),
    keysWithheld: (given: unknown) => void withheld.push(given),
  };
  return { guarded: createGuardedFetch(network, events), left, fatal, withheld };
}

const STOPPED = 'blocked an unencrypted message event to the homeserver';

test.each([
  `/_matrix/client/v3/rooms/${ROOM}/send/m.room.message/txn`,
  `/_matrix/client/r0/rooms/${ROOM}/send/m.room.message/txn`,
  `/_matrix/client/unstable/rooms/${ROOM}/send/m.room.message/txn`,
  `/_matrix/client/unstable/org.matrix.msc4140/rooms/${ROOM}/send/m.room.message/txn`,
  `/_matrix/client/api/v1/rooms/${ROOM}/send/m.room.message/txn`,
  `/_matrix/client/v3/rooms/${ROOM}/send/m.room.message`,
  `/_matrix/client/v3/rooms/${ROOM}/send`,
  `/_matrix/client/v3/rooms/${ROOM}/send/m.room.message/txn/more/`,
  `/_matrix/client/v3/rooms/${ROOM}/send/m.room.message/txn?x=/send/m.room.encrypted/`,
  `/_matrix/client/v3/rooms/${ROOM}/send/m%2Eroom%2Emessage/txn`,
  `/_matrix/client/v3/rooms/${ROOM}/send/m%252Eroom%252Emessage/txn`,
  `/_matrix/client/v3/rooms/${ROOM}/send/%FF/txn`,
  `/_matrix/client/v3/rooms/${ROOM}/%73end/m.room.message/txn`,
  `/_matrix/client/v3/rooms/${ROOM}/%2573end/m.room.message/txn`,
  `/_matrix/client/v3/%72ooms/${ROOM}/send/m.room.message/txn`,
  `/_matrix/client/v3/rooms/${encodeURIComponent(ROOM)}/send/m.room.message/txn`,
  `/_matrix/client/v3//rooms//${ROOM}//send//m.room.message//txn`,
  `/_matrix/client/v3/./rooms/x/../${ROOM}/send/m.room.message/txn`,
  `/_matrix/client/v3/rooms/${ROOM}/send/m.room.message/m.room.encrypted`,
  `/behind/a/prefix/_matrix/client/v3/rooms/${ROOM}/send/m.room.message/txn`,
  `/_matrix/client/v3/rooms/${ROOM}/send/m.reaction/txn`,
])('an unencrypted event does not leave by the path %s', async (path) => {
  for (const body of [PLAIN, ENCRYPTED]) {
    const { guarded, left, fatal } = scene();
    await expect(guarded(HOME + path, { method: 'PUT', body })).rejects.toThrow(new FatalError(STOPPED, 3));
    expect(left).toEqual([]);
    expect(fatal).toMatchObject([{ message: STOPPED, exitCode: 3 }]);
  }
});

const ENCRYPTED_PATH = `/_matrix/client/v3/rooms/${ROOM}/send/m.room.encrypted/txn`;
const disguised: [string, string | Uint8Array<ArrayBuffer> | undefined][] = [
  ['a plaintext message', PLAIN],
  ['ciphertext with plaintext beside it', JSON.stringify({ ...CONTENT, body: 'The disk is full' })],
  ['ciphertext with HTML beside it', JSON.stringify({ ...CONTENT, formatted_body: '<b>The disk is full</b>' })],
  ['ciphertext with an edit beside it', JSON.stringify({ ...CONTENT, 'm.new_content': { body: 'The disk is full' } })],
  ['another algorithm', JSON.stringify({ ...CONTENT, algorithm: 'none' })],
  ['no ciphertext', JSON.stringify({ ...CONTENT, ciphertext: undefined })],
  ['a ciphertext that is an object', JSON.stringify({ ...CONTENT, ciphertext: { body: 'The disk is full' } })],
  ['a list', '[]'],
  ['null', 'null'],
  ['text', 'The disk is full'],
  ['bytes', new TextEncoder().encode(ENCRYPTED)],
  ['nothing', undefined],
];
test.each(disguised)('what calls itself encrypted and is %s does not leave', async (_, body) => {
  const { guarded, left } = scene();
  const init = { method: 'PUT', ...(body === undefined ? {} : { body }) };
  await expect(guarded(HOME + ENCRYPTED_PATH, init)).rejects.toThrow(STOPPED);
  expect(left).toEqual([]);
});

test('a request whose body can not be looked at does not leave', async () => {
  const { guarded, left } = scene();
  const request = new Request(HOME + ENCRYPTED_PATH, { method: 'PUT', body: PLAIN });
  await expect(guarded(request)).rejects.toThrow(STOPPED);
  expect(left).toEqual([]);
});

test.each([
  ENCRYPTED_PATH,
  `/_matrix/client/r0/rooms/${ROOM}/send/m%2Eroom.encrypted/txn`,
  `/prefix/_matrix/client/v3/rooms/${encodeURIComponent('!v12room')}/send/m.room.encrypted/txn`,
])('an encrypted event leaves, by the path %s', async (path) => {
  for (const body of [ENCRYPTED, JSON.stringify({ ...CONTENT, 'm.relates_to': { rel_type: 'm.thread' } })]) {
    const { guarded, left, fatal } = scene();
    const response = await guarded(new URL(HOME + path), { method: 'PUT', body });
    expect(await response.json()).toEqual({ event_id: '$1' });
    expect(left).toEqual([HOME + path]);
    expect(fatal).toEqual([]);
  }
});

test.each([
  '/_matrix/client/v3/sync?since=1',
  '/_matrix/client/v3/sendToDevice/m.room.encrypted/txn',
  `/_matrix/client/v3/rooms/${ROOM}/messages?dir=b`,
  `/_matrix/client/v3/join/${ROOM}`,
  `/_matrix/client/v3/rooms/${encodeURIComponent('!a/send/b:c')}/messages`,
  '/_matrix/client/v3/user/x/account_data/send',
])('a request that sends no event passes: %s', async (path) => {
  const { guarded, left } = scene();
  await guarded(HOME + path);
  expect(left).toEqual([HOME + path]);
});

const CONFLICT =
  'the homeserver reports that a one-time key of this device already exists: the key store was restored from a copy, or another program uses this device. Stop that program, or log in as a new device and start with an empty data directory';
const conflict = () =>
  new Response('{"errcode":"M_UNKNOWN","error":"One time key signed_curve25519:AAAAAAAAAA0 already exists."}', {
    status: 400,
  });

test.each([
  '/_matrix/client/v3/keys/upload',
  '/_matrix/client/v3/keys/upload/',
  '/_matrix/client/r0/keys/upload/DEVICE',
  '/prefix/_matrix/client/v3//keys/upload',
])('a conflict of one-time keys is fatal: %s', async (path) => {
  const { guarded, fatal } = scene(conflict());
  await expect(guarded(HOME + path, { method: 'POST' })).rejects.toThrow(new FatalError(CONFLICT, 3));
  expect(fatal).toMatchObject([{ message: CONFLICT, exitCode: 3 }]);
});

test.each([
  [
    'another refusal of keys',
    '/_matrix/client/v3/keys/upload',
    new Response('{"error":"bad signature"}', { status: 400 }),
  ],
  ['the same words at another path', '/_matrix/client/v3/keys/query', conflict()],
  ['keys that are taken', '/_matrix/client/v3/keys/upload', new Response('{"x":"already exists"}', { status: 200 })],
])('%s passes, with its body unread', async (_, path, answer) => {
  const { guarded, fatal } = scene(answer);
  const response = await guarded(HOME + path, { method: 'POST' });
  expect(response).toBe(answer);
  expect(await response.text()).toMatch(/^\{/);
  expect(fatal).toEqual([]);
});

test('a network that fails is no matter of the guard', async () => {
  const failure = new TypeError('fetch failed');
  const guarded = createGuardedFetch(
    async () => {
      throw failure;
    },
    { fatal: () => {}, keysWithheld: () => {} },
  );
  await expect(guarded(HOME + ENCRYPTED_PATH, { method: 'PUT', body: ENCRYPTED })).rejects.toBe(failure);
});

test('keys that are withheld from devices are reported by room and reason, once the homeserver accepted it', async () => {
  const path = '/_matrix/client/v3/sendToDevice/m.room_key.withheld/txn';
  const unverified = { room_id: '!a', code: 'm.unverified' };
  const messages = {
    '@a:x': { D1: unverified, D2: unverified },
    '@b:x': { D3: unverified, D4: { code: 'm.no_olm' } },
  };
  const init = { method: 'PUT', body: JSON.stringify({ messages }) };
  const rejected = scene(new Response('{}', { status: 500 }));
  await rejected.guarded(HOME + path, init);
  expect(rejected.withheld).toEqual([]);
  const { guarded, withheld } = scene();
  await guarded(HOME + path, init);
  await guarded(HOME + path.replace('m.room_key.withheld', 'm.room.encrypted'), init);
  await guarded(HOME + path, { method: 'PUT', body: 'no JSON' });
  expect(withheld).toEqual([
    { roomId: '!a', code: 'm.unverified', devices: 3 },
    { roomId: '', code: 'm.no_olm', devices: 1 },
  ]);
});
