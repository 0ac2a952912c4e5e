/** Membership and encryption of a Matrix room. */
export interface RoomMembership {
  readonly isJoined: boolean;
  readonly isEncrypted: boolean;
  /** Why the bridge cannot join the room, or its successor. */
  readonly problem?: string | undefined;
}

export interface RoomStates {
  /** Describes the state of a room, for people. */
  of(room: string): string;
  /** Returns undefined if messages are printed in the terminal. */
  isJoined(room: string): boolean | undefined;
  /** Returns undefined if messages are printed in the terminal. */
  isEncrypted(room: string): boolean | undefined;
  /** Returns for each room why its messages cannot be delivered, or `undefined` if all rooms work. */
  notReadyBecause(rooms: readonly string[]): string | undefined;
  /** Reports the states of these rooms, by name, from now on. */
  setRooms(rooms: ReadonlyMap<string, RoomMembership>): void;
  /** Records why the messages of a room wait, or that they are delivered. */
  setDeliveryFailure(room: string, failure: string | undefined): void;
  /** Records that the sync with the homeserver fails, or works. */
  setSyncing(isSyncing: boolean): void;
}

const JOINED = 'joined, encrypted';

/** @param account without an account, messages are printed in the terminal */
export function createRoomStates({ account }: { account: boolean }): RoomStates {
  let current: ReadonlyMap<string, RoomMembership> | undefined;
  let isSyncing = true;
  const failures = new Map<string, string>();
  const problemOf = (room: string): string | undefined => {
    if (!account) return undefined;
    const membership = current?.get(room);
    if (!membership) return 'waiting for the homeserver';
    const { problem } = membership;
    if (!membership.isJoined) return problem === undefined ? 'not joined' : `not joined (${problem})`;
    if (problem !== undefined) return problem;
    if (!membership.isEncrypted) return 'not encrypted';
    if (failures.has(room)) return `delivery fails (${failures.get(room)})`;
    return isSyncing ? undefined : 'sync with the homeserver fails';
  };
  return {
    of: (room) => problemOf(room) ?? (account ? JOINED : 'printed in the terminal'),
    isJoined: (room) => (account ? (current?.get(room)?.isJoined ?? false) : undefined),
    isEncrypted: (room) => (account ? (current?.get(room)?.isEncrypted ?? false) : undefined),
    notReadyBecause(rooms) {
      const problems = rooms.flatMap((room) => {
        const problem = problemOf(room);
        return problem === undefined ? [] : [`room ${room}: ${problem}`];
      });
      return problems.length === 0 ? undefined : problems.join('; ');
    },
    setRooms(rooms) {
      current = rooms;
    },
    setDeliveryFailure(room, failure) {
      if (failure === undefined) failures.delete(room);
      else failures.set(room, failure);
    },
    setSyncing(value) {
      isSyncing = value;
    },
  };
}
