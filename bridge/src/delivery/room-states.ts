/** Membership and encryption of a Matrix room. */
export interface RoomMembership {
  readonly isJoined: boolean;
  readonly isEncrypted: boolean;
}

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
  /** Returns why messages of at least one room cannot be delivered, or `undefined`. */
  notReadyBecause(rooms: readonly string[]): string | undefined;
  /** Reports the states of these rooms, by name, from now on. */
  setRooms(rooms: ReadonlyMap<string, RoomMembership>): void;
}

/** @param initially the state of every room until {@link RoomStates.setRooms} */
export function createRoomStates(initially: RoomState): RoomStates {
  let current: ReadonlyMap<string, RoomMembership> | undefined;
  const of = (room: string): RoomState => {
    const membership = current?.get(room);
    if (!membership) return initially;
    if (!membership.isJoined) return 'not joined';
    return membership.isEncrypted ? 'joined, encrypted' : 'not encrypted';
  };
  return {
    of,
    isJoined: (room) => current?.get(room)?.isJoined ?? false,
    isEncrypted: (room) => current?.get(room)?.isEncrypted ?? false,
    notReadyBecause(rooms) {
      const room = rooms.find((name) => !USABLE.includes(of(name)));
      return room === undefined ? undefined : `room ${room}: ${of(room)}`;
    },
    setRooms(rooms) {
      current = rooms;
    },
  };
}
