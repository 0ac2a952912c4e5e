import { EventEmitter } from 'node:events';
import { type MatrixClient, RoomEvent } from 'matrix-js-sdk';
import { expect, test, vi } from 'vitest';
import { acceptInvitations } from './invitations.ts';

const room = (roomId: string, membership: string) => ({ roomId, getMyMembership: () => membership });

function scene(known: ReturnType<typeof room>[] = [], joinRoom = vi.fn(async (_roomId: string) => {})) {
  const client = Object.assign(new EventEmitter(), { getRooms: () => known, joinRoom });
  const happened: string[] = [];
  acceptInvitations(client as unknown as MatrixClient, new Set(['!ops', '!dev']), {
    joined: (roomId) => happened.push(`joined ${roomId}`),
    joinFailed: (roomId, error) => happened.push(`failed ${roomId}: ${(error as Error).message}`),
  });
  const become = (roomId: string, membership: string) =>
    client.emit(RoomEvent.MyMembership, room(roomId, membership), membership);
  return { become, joinRoom, happened };
}

test('an invitation to a configured room is accepted, whether it comes now or waits already', () => {
  const { become, joinRoom } = scene([room('!dev', 'invite')]);
  become('!ops', 'invite');
  expect(joinRoom.mock.calls).toEqual([['!dev'], ['!ops']]);
});

test('no other invitation is, and no room is joined without one', () => {
  const { become, joinRoom, happened } = scene([room('!other', 'invite'), room('!dev', 'leave')]);
  become('!other', 'invite');
  become('!other', 'join');
  become('!ops', 'leave');
  become('!ops', 'ban');
  become('!ops', 'knock');
  expect(joinRoom).not.toHaveBeenCalled();
  expect(happened).toEqual([]);
});

test('a membership is told, whether it begins now or is one already', () => {
  const { become, happened } = scene([room('!dev', 'join')]);
  become('!ops', 'join');
  expect(happened).toEqual(['joined !dev', 'joined !ops']);
});

test('a join that fails is told, and a later invitation is accepted again', async () => {
  const joinRoom = vi.fn(async (_roomId: string) => {
    throw new Error('banned');
  });
  const { become, happened } = scene([], joinRoom);
  become('!ops', 'invite');
  await vi.waitFor(() => expect(happened).toEqual(['failed !ops: banned']));
  become('!ops', 'invite');
  expect(joinRoom).toHaveBeenCalledTimes(2);
});
