/** As much of a Matrix room as others want to know. */
export interface RoomMembership {
  readonly isJoined: boolean;
  readonly isEncrypted: boolean;
}

/** What can be said of a room. */
export type RoomState =
  | 'waiting for the homeserver'
  | 'shown in the terminal'
  | 'not joined'
  | 'not encrypted'
  | 'joined, encrypted';

const USABLE: readonly RoomState[] = ['shown in the terminal', 'joined, encrypted'];

export interface RoomStates {
  of(room: string): RoomState;
  isJoined(room: string): boolean;
  isEncrypted(room: string): boolean;
  /** Why messages can't be delivered at the moment; `undefined` when they can, in every room. */
  notReadyBecause(rooms: readonly string[]): string | undefined;
  /** From now on the states are those of these rooms, by name. */
  follow(rooms: ReadonlyMap<string, RoomMembership>): void;
}

/** @param initially the state of every room until {@link RoomStates.follow} */
export function createRoomStates(initially: RoomState): RoomStates {
  let followed: ReadonlyMap<string, RoomMembership> | undefined;
  const of = (room: string): RoomState => {
    const membership = followed?.get(room);
    if (!membership) return initially;
    if (!membership.isJoined) return 'not joined';
    return membership.isEncrypted ? 'joined, encrypted' : 'not encrypted';
  };
  return {
    of,
    isJoined: (room) => followed?.get(room)?.isJoined ?? false,
    isEncrypted: (room) => followed?.get(room)?.isEncrypted ?? false,
    notReadyBecause(rooms) {
      const room = rooms.find((name) => !USABLE.includes(of(name)));
      return room === undefined ? undefined : `room ${room}: ${of(room)}`;
    },
    follow(rooms) {
      followed = rooms;
    },
  };
}
