import { EventEmitter } from 'node:events';
import { type IRoomEvent, type MatrixClient, MatrixError, RoomEvent, RoomStateEvent } from 'matrix-js-sdk';
import { expect, test } from 'vitest';
import { RoomIds } from './room-ids.ts';
import { RoomKeeper } from './room-keeper.ts';

const ADMIN = '@admin:example.org';
const USER = '@user:example.org';

type State = Readonly<Record<string, { content: object; sender?: string }>>;

/** A room of the SDK with a membership and state events. */
class SdkRoom {
  membership: string;
  state: State;
  readonly roomId: string;
  readonly currentState = {
    getStateEvents: (type: string) => {
      const event = this.state[type];
      return event ? { getContent: () => event.content, getSender: () => event.sender ?? ADMIN } : null;
    },
  };

  constructor(roomId: string, membership: string, state: State = {}) {
    this.roomId = roomId;
    this.membership = membership;
    this.state = state;
  }

  getMyMembership(): string {
    return this.membership;
  }
}

function scene(known: SdkRoom[] = []) {
  const rooms = new Map(known.map((room) => [room.roomId, room]));
  const happened: string[] = [];
  const failures: Error[] = [];
  const states = new Map<string, Partial<IRoomEvent>[]>();
  const emitter = new EventEmitter();
  const client = Object.assign(emitter, {
    getRooms: () => [...rooms.values()],
    getRoom: (roomId: string) => rooms.get(roomId) ?? null,
    joinRoom: async (roomId: string) => {
      happened.push(`join ${roomId}`);
      const failure = failures.shift();
      if (failure) throw failure;
    },
    leave: async (roomId: string) => happened.push(`leave ${roomId}`),
    http: {
      authedRequest: async (_: string, path: string) => states.get(decodeURIComponent(path.split('/')[2] ?? '')) ?? [],
    },
  });
  const notes = new Map<string, string>();
  const meta = {
    getMeta: (key: string) => notes.get(key),
    setMeta: (key: string, value: string) => void notes.set(key, value),
  };
  const ids = new RoomIds(
    [
      ['ops', '!ops'],
      ['dev', '!dev'],
    ],
    meta,
  );
  const sleeping: { ms: number; wake: () => void }[] = [];
  const stopping = new AbortController();
  const keeper = new RoomKeeper({
    client: client as unknown as MatrixClient,
    ids,
    events: {
      usable: (room) => happened.push(`usable ${room}`),
      joinFailed: ({ roomId, error }) => happened.push(`failed ${roomId}: ${error.message}`),
      upgraded: ({ replacement }) => happened.push(`upgraded to ${replacement}`),
      upgradeRejected: ({ replacement }) => happened.push(`rejected ${replacement}`),
    },
    sleep: (ms) => new Promise((resolve) => sleeping.push({ ms, wake: resolve })),
    signal: stopping.signal,
  });
  keeper.start();
  const become = (roomId: string, membership: string) => {
    const room = rooms.get(roomId) ?? new SdkRoom(roomId, membership);
    room.membership = membership;
    rooms.set(roomId, room);
    emitter.emit(RoomEvent.MyMembership, room, membership);
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { become, happened, failures, sleeping, stopping, keeper, ids, states, rooms, emitter, settle };
}

test('an invitation to a configured room is accepted, whether it comes now or waits already', async () => {
  const { become, happened, settle } = scene([new SdkRoom('!dev', 'invite')]);
  become('!ops', 'invite');
  await settle();
  expect(happened).toEqual(['join !dev', 'join !ops']);
});

test('no other invitation is, and no room is joined without one', async () => {
  const { become, happened, settle } = scene([new SdkRoom('!other', 'invite'), new SdkRoom('!dev', 'leave')]);
  become('!other', 'join');
  for (const membership of ['leave', 'ban', 'knock']) become('!ops', membership);
  await settle();
  expect(happened).toEqual([]);
});

test('a room can be used whether it is joined now or was before', () => {
  const { become, happened } = scene([new SdkRoom('!dev', 'join')]);
  become('!ops', 'join');
  expect(happened).toEqual(['usable dev', 'usable ops']);
});

test('a failed join is retried until it works, not before the homeserver allows it, and its cause is shown', async () => {
  const { become, happened, failures, sleeping, keeper, settle } = scene();
  const limit = new MatrixError({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 9000 }, 429);
  failures.push(new Error('bad gateway'), limit);
  become('!ops', 'invite');
  await settle();
  expect(keeper.problemOf('ops')).toBe('bad gateway');
  expect(keeper.problemOf('dev')).toBeUndefined();
  sleeping[0]?.wake();
  await settle();
  expect(sleeping[1]?.ms).toBe(9000);
  become('!ops', 'invite');
  sleeping[1]?.wake();
  await settle();
  expect(happened.filter((line) => line.startsWith('join'))).toHaveLength(3);
  expect(keeper.problemOf('ops')).toBeUndefined();
});

test('an invitation that was withdrawn is not tried again', async () => {
  const { become, happened, failures, sleeping, settle } = scene();
  failures.push(new Error('bad gateway'));
  become('!ops', 'invite');
  await settle();
  become('!ops', 'leave');
  sleeping[0]?.wake();
  await settle();
  expect(happened.filter((line) => line.startsWith('join'))).toHaveLength(1);
});

test('when the program stops, no join is tried again', async () => {
  const { become, happened, failures, sleeping, stopping, settle } = scene();
  failures.push(new Error('bad gateway'));
  become('!ops', 'invite');
  await settle();
  stopping.abort();
  sleeping[0]?.wake();
  await settle();
  expect(happened.filter((line) => line.startsWith('join'))).toHaveLength(1);
});

const tombstone = { 'm.room.tombstone': { content: { replacement_room: '!new' }, sender: ADMIN } };
const levels = (users: object, extra: object = {}) => ({ 'm.room.power_levels': { content: { users, ...extra } } });
const created = (sender: string, predecessor: string | undefined, content: object = {}) => [
  { type: 'm.room.create', sender, content: { predecessor: { room_id: predecessor }, ...content } },
];

test('an upgrade by an admin is followed, now and after a restart', async () => {
  const old = new SdkRoom('!ops', 'join', { ...tombstone, ...levels({ [ADMIN]: 100 }) });
  const { happened, ids, states, settle, become } = scene([old]);
  states.set('!new', created(ADMIN, '!ops'));
  await settle();
  expect(happened).toEqual(['join !new', 'usable ops', 'upgraded to !new', 'usable ops']);
  expect(ids.idOf('ops')).toBe('!new');
  become('!new', 'join');
  expect(happened.at(-1)).toBe('usable ops');
});

test('a tombstone that arrives later is followed', async () => {
  const old = new SdkRoom('!ops', 'join', levels({ [ADMIN]: 100 }));
  const { happened, rooms, states, emitter, settle } = scene([old]);
  states.set('!new', created(ADMIN, '!ops'));
  old.state = { ...old.state, ...tombstone };
  emitter.emit(RoomStateEvent.Events, { getType: () => 'm.room.tombstone', getRoomId: () => '!ops' });
  await settle();
  expect(rooms.has('!ops')).toBe(true);
  expect(happened).toContain('upgraded to !new');
});

test.each<[string, ReturnType<typeof created>, State]>([
  ['names another predecessor', created(ADMIN, '!else'), levels({ [ADMIN]: 100 })],
  ['names no predecessor', created(ADMIN, undefined), levels({ [ADMIN]: 100 })],
  ['was created by a user without power', created(USER, '!ops'), levels({ [ADMIN]: 100, [USER]: 40 })],
  [
    'was created by a user with less power than a tombstone needs',
    created(USER, '!ops'),
    levels({ [ADMIN]: 100, [USER]: 99 }, { events: { 'm.room.tombstone': 100 } }),
  ],
])('a replacement that %s is left again, and the old room is used', async (_, state, power) => {
  const { happened, ids, states, keeper, settle } = scene([new SdkRoom('!ops', 'join', { ...tombstone, ...power })]);
  states.set('!new', state);
  await settle();
  expect(happened).toEqual(['join !new', 'usable ops', 'leave !new', 'rejected !new']);
  expect(ids.idOf('ops')).toBe('!ops');
  expect(keeper.problemOf('ops')).toBe('upgraded to !new, which was not created by an admin of the room');
});

test.each<[string, ReturnType<typeof created>, State]>([
  ['another user with the power', created(USER, '!ops'), levels({ [USER]: 50 })],
  [
    'a creator of the old room, in room version 12',
    created(USER, '!ops'),
    {
      ...levels({}, { events: { 'm.room.tombstone': 150 } }),
      'm.room.create': { content: { room_version: '12', additional_creators: [USER] }, sender: '@other:example.org' },
    },
  ],
  [
    'an additional creator with the power',
    created('@other:example.org', '!ops', { additional_creators: [USER] }),
    levels({ [USER]: 50 }),
  ],
])('a replacement created by %s is used', async (_, state, power) => {
  const { ids, states, settle } = scene([new SdkRoom('!ops', 'join', { ...tombstone, ...power })]);
  states.set('!new', state);
  await settle();
  expect(ids.idOf('ops')).toBe('!new');
});

test('a tombstone without a valid replacement changes nothing', async () => {
  const { happened, settle } = scene([
    new SdkRoom('!ops', 'join', { 'm.room.tombstone': { content: { replacement_room: 7 } } }),
    new SdkRoom('!dev', 'join', { 'm.room.tombstone': { content: { replacement_room: '#alias' } } }),
  ]);
  await settle();
  expect(happened).toEqual(['usable ops', 'usable dev']);
});
