import { expect, test } from 'vitest';
import { createRoomStates, type RoomMembership } from './room-states.ts';

const USABLE = { isJoined: true, isEncrypted: true };

test('without an account every room is printed in the terminal, which is ready', () => {
  const states = createRoomStates({ account: false });
  expect(states.of('ops')).toBe('printed in the terminal');
  expect([states.isJoined('ops'), states.isEncrypted('ops')]).toEqual([undefined, undefined]);
  expect(states.notReadyBecause(['ops'])).toBeUndefined();
});

test('until the device is ready, every room waits for the homeserver', () => {
  const states = createRoomStates({ account: true });
  expect(states.of('ops')).toBe('waiting for the homeserver');
  expect(states.notReadyBecause(['ops'])).toBe('room ops: waiting for the homeserver');
  expect([states.isJoined('ops'), states.isEncrypted('ops')]).toEqual([false, false]);
});

test('a room is ready if it is joined and encrypted', () => {
  const states = createRoomStates({ account: true });
  states.setRooms(new Map([['ops', USABLE]]));
  expect(states.of('ops')).toBe('joined, encrypted');
  expect([states.isJoined('ops'), states.isEncrypted('ops')]).toEqual([true, true]);
  expect(states.notReadyBecause(['ops'])).toBeUndefined();
});

test('every room that is not ready is named with its reason', () => {
  const states = createRoomStates({ account: true });
  states.setRooms(
    new Map<string, RoomMembership>([
      ['ops', USABLE],
      ['a', { isJoined: false, isEncrypted: false }],
      ['b', { isJoined: false, isEncrypted: false, problem: 'the homeserver answered 502' }],
      ['c', { isJoined: true, isEncrypted: false }],
      ['d', USABLE],
      ['e', { ...USABLE, problem: 'upgraded to !new' }],
    ]),
  );
  states.setDeliveryFailure('d', 'forbidden: no');
  expect(states.notReadyBecause(['ops', 'a', 'b', 'c', 'd', 'e'])).toBe(
    'room a: not joined; room b: not joined (the homeserver answered 502); room c: not encrypted; ' +
      'room d: delivery fails (forbidden: no); room e: upgraded to !new',
  );
  states.setDeliveryFailure('d', undefined);
  expect(states.notReadyBecause(['ops', 'd'])).toBeUndefined();
});

test('while the sync fails no room is ready', () => {
  const states = createRoomStates({ account: true });
  states.setRooms(new Map([['ops', USABLE]]));
  states.setSyncing(false);
  expect(states.notReadyBecause(['ops'])).toBe('room ops: sync with the homeserver fails');
});
