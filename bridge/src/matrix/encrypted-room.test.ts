import { HTTPError, type MatrixClient, MatrixError, type MatrixEvent } from 'matrix-js-sdk';
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js';
import { expect, test } from 'vitest';
import { DeliveryError } from '../delivery/delivery-error.ts';
import { FatalError } from '../fatal-error.ts';
import { DELIVERY_ID_KEY } from '../message/message.ts';
import { EncryptedRoom } from './encrypted-room.ts';

const ROOM_ID = '!room:example.org';
const CONTENT = { msgtype: 'm.text', body: 'The disk is full' };

/** A room of a client and a crypto that note what is done with them, in order. */
function scene(last?: string) {
  const done: string[] = [];
  const state = {
    roomId: ROOM_ID,
    problem: undefined as string | undefined,
    event: {} as object | Error,
    isKnown: true,
    membership: 'join',
    isEncrypted: true,
    sessions: ['session-1'],
    discards: true,
    encrypts: true,
    failure: undefined as unknown,
    history: [] as object[],
  };
  const requests: { method: string; path: string; body: Record<string, unknown> }[] = [];
  const sdkRoom = { getMyMembership: () => state.membership, hasEncryptionStateEvent: () => state.isEncrypted };
  const client = {
    getUserId: () => '@alerts:example.org',
    getSafeUserId: () => '@alerts:example.org',
    getRoom: (roomId: string) => (state.isKnown && roomId === state.roomId ? sdkRoom : null),
    http: {
      authedRequest: async (method: string, path: string, _query: unknown, body: Record<string, unknown>) => {
        if (method === 'GET' && path.includes('/event/')) {
          if (state.event instanceof Error) throw state.event;
          return state.event;
        }
        if (method === 'GET') return { chunk: state.history };
        done.push('sent');
        requests.push({ method, path, body });
        if (state.failure) throw state.failure;
        return { event_id: '$event' };
      },
    },
  };
  const crypto = {
    forceDiscardSession: async () => {
      await Promise.resolve();
      done.push('discarded');
      if (!state.discards) state.sessions = [last ?? ''];
    },
    encryptEvent: async (event: MatrixEvent) => {
      done.push('encrypted');
      if (!state.encrypts) return;
      const [session = ''] = state.sessions;
      const ciphertext = Buffer.from(JSON.stringify(event.getContent())).toString('base64');
      const content = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext, session_id: session };
      event.makeEncrypted('m.room.encrypted', content, 'curve', 'ed');
    },
    decryptEvent: async (event: MatrixEvent) => ({
      clearEvent: { type: 'm.room.message', content: { [DELIVERY_ID_KEY]: event.getWireContent().ciphertext } },
    }),
  };
  let remembered = last;
  const room = new EncryptedRoom({
    client: client as unknown as MatrixClient,
    crypto: crypto as unknown as CryptoBackend,
    encryptAttachment: (plaintext) => ({
      ciphertext: Buffer.from(plaintext).reverse(),
      keys: { v: 'v2', key: { k: 'key' }, iv: 'iv', hashes: {} },
    }),
    roomId: () => state.roomId,
    problem: () => state.problem,
    lastSession: {
      get: (roomId) => (roomId === ROOM_ID ? remembered : undefined),
      set: (_, id) => {
        remembered = id;
        done.push(`remembered ${id}`);
      },
    },
  });
  const failureOf = (txnId: string): Promise<unknown> =>
    room.send(CONTENT, txnId).then(
      () => 'sent',
      (error: unknown) => error,
    );
  return { room, state, done, requests, failureOf };
}

test('the first message is sent in a new session, whose ID is stored before the request', async () => {
  const { room, done } = scene('session-0');
  expect(await room.send(CONTENT, 'txn')).toBe('$event');
  expect(done).toEqual(['discarded', 'encrypted', 'remembered session-1', 'sent']);
});

test('later messages go on in that session; a rotated one is remembered as well', async () => {
  const { room, done, state } = scene('session-0');
  await room.send(CONTENT, 'txn-1');
  done.length = 0;
  await room.send(CONTENT, 'txn-2');
  expect(done).toEqual(['encrypted', 'sent']);
  done.length = 0;
  state.sessions = ['session-2'];
  await room.send(CONTENT, 'txn-3');
  expect(done).toEqual(['encrypted', 'remembered session-2', 'sent']);
});

test('what leaves is the ciphertext, as an encrypted event, under the transaction id', async () => {
  const { room, requests } = scene();
  await room.send(CONTENT, 'txn/1');
  expect(requests).toMatchObject([
    {
      method: 'PUT',
      path: '/rooms/!room%3Aexample.org/send/m.room.encrypted/txn%2F1',
      body: { algorithm: 'm.megolm.v1.aes-sha2', session_id: 'session-1' },
    },
  ]);
  expect(JSON.stringify(requests)).not.toContain('The disk is full');
});

test('a session from before this start that could not be discarded is fatal before anything leaves', async () => {
  const { state, requests, failureOf } = scene('session-0');
  state.discards = false;
  const error = await failureOf('txn');
  expect(error).toBeInstanceOf(FatalError);
  expect(error).toMatchObject({
    message: `cannot discard the previous encryption session of room ${ROOM_ID}`,
    exitCode: 1,
  });
  expect(requests).toEqual([]);
});

test('a message that the SDK left unencrypted is fatal before anything leaves', async () => {
  const { state, requests, failureOf } = scene();
  state.encrypts = false;
  expect(await failureOf('txn')).toMatchObject({ message: 'the SDK did not encrypt a message', exitCode: 3 });
  expect(requests).toEqual([]);
});

const NOT_JOINED = `the bridge has not joined room ${ROOM_ID}. Invite @alerts:example.org`;
test.each([
  ['not known', { isKnown: false }, 'not_joined', NOT_JOINED],
  ['left', { membership: 'leave' }, 'not_joined', NOT_JOINED],
  ['only invited to', { membership: 'invite' }, 'not_joined', NOT_JOINED],
  ['not encrypted', { isEncrypted: false }, 'not_encrypted', `room ${ROOM_ID} is not encrypted. Enable encryption`],
])('into a room that is %s nothing is encrypted, and nothing leaves', async (_, change, reason, message) => {
  const { state, done, failureOf } = scene();
  Object.assign(state, change);
  const error = await failureOf('txn');
  expect(error).toBeInstanceOf(DeliveryError);
  expect(error).toMatchObject({ reason, message, mayHaveArrived: false });
  expect(done).toEqual([]);
});

test('a room that becomes usable is used', async () => {
  const { room, state, failureOf } = scene();
  state.isKnown = false;
  expect([room.isJoined, room.isEncrypted]).toEqual([false, false]);
  await failureOf('txn');
  state.isKnown = true;
  expect([room.isJoined, room.isEncrypted]).toEqual([true, true]);
  expect(await room.send(CONTENT, 'txn')).toBe('$event');
});

test("a homeserver's refusal is sorted, and the same message tries again without another new session", async () => {
  const { room, state, done, failureOf } = scene();
  state.failure = new HTTPError('bad gateway', 502);
  expect(await failureOf('txn')).toMatchObject({ reason: 'server_error', mayHaveArrived: true });
  state.failure = undefined;
  done.length = 0;
  await room.send(CONTENT, 'txn');
  expect(done).toEqual(['encrypted', 'sent']);
});

test('a message that was sent before is found in the room by its transaction id', async () => {
  const { room, state } = scene();
  expect(await room.find('txn', 0)).toBeUndefined();
  const sent = { event_id: '$sent', type: 'm.room.encrypted', sender: '@alerts:example.org', origin_server_ts: 1 };
  state.history = [{ ...sent, content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'txn' } }];
  expect(await room.find('txn', 0)).toBe('$sent');
});

test('after an upgrade the first message in the new room is sent in a new session', async () => {
  const { room, state, done, requests } = scene();
  await room.send(CONTENT, 'txn-1');
  state.roomId = '!new:example.org';
  done.length = 0;
  await room.send(CONTENT, 'txn-2');
  expect(done[0]).toBe('discarded');
  expect(requests.at(-1)?.path).toContain('/rooms/!new%3Aexample.org/');
});

test('a message counts as removed if it was redacted, or if the room does not have it', async () => {
  const { room, state } = scene();
  expect(await room.isRemoved('$event')).toBe(false);
  state.event = { unsigned: { redacted_because: {} } };
  expect(await room.isRemoved('$event')).toBe(true);
  state.event = new MatrixError({ errcode: 'M_NOT_FOUND' }, 404);
  expect(await room.isRemoved('$event')).toBe(true);
});

test('if it is unknown whether a message was removed, nothing was sent', async () => {
  const { room, state } = scene();
  state.event = new HTTPError('bad gateway', 502);
  await expect(room.isRemoved('$event')).rejects.toMatchObject({ reason: 'server_error', mayHaveArrived: false });
});

test('the room reports why it cannot be joined', () => {
  const { room, state } = scene();
  expect(room.problem).toBeUndefined();
  state.problem = 'the homeserver answered 502';
  expect(room.problem).toBe('the homeserver answered 502');
});
