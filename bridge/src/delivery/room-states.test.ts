import { expect, test } from 'vitest';
import { createRoomStates } from './room-states.ts';

test('until the rooms are known, the bridge is as ready as it began', () => {
  expect(createRoomStates('waiting for the homeserver').notReadyBecause(['ops'])).toBe(
    'room ops: waiting for the homeserver',
  );
  expect(createRoomStates('waiting for the homeserver').isEncrypted('ops')).toBe(false);
  expect(createRoomStates('waiting for the homeserver').isJoined('ops')).toBe(false);
  expect(createRoomStates('shown in the terminal').notReadyBecause(['ops'])).toBeUndefined();
});

test.each([
  [true, true, 'joined, encrypted', undefined],
  [true, false, 'not encrypted', 'room ops: not encrypted'],
  [false, true, 'not joined', 'room ops: not joined'],
  [false, false, 'not joined', 'room ops: not joined'],
])('a room with joined %s and encrypted %s is "%s"', (isJoined, isEncrypted, state, reason) => {
  const states = createRoomStates('waiting for the homeserver');
  states.setRooms(new Map([['ops', { isJoined, isEncrypted }]]));
  expect(states.of('ops')).toBe(state);
  expect(states.notReadyBecause(['ops'])).toBe(reason);
  expect([states.isJoined('ops'), states.isEncrypted('ops')]).toEqual([isJoined, isEncrypted]);
});

test('the states are those of the moment, and one unusable room is enough to be not ready', () => {
  const dev = { isJoined: true, isEncrypted: true };
  const states = createRoomStates('waiting for the homeserver');
  states.setRooms(
    new Map([
      ['ops', { isJoined: true, isEncrypted: true }],
      ['dev', dev],
    ]),
  );
  expect(states.notReadyBecause(['ops', 'dev'])).toBeUndefined();
  dev.isJoined = false;
  expect(states.notReadyBecause(['ops', 'dev'])).toBe('room dev: not joined');
});
