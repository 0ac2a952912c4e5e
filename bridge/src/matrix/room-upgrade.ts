import { type IRoomEvent, type MatrixClient, type MatrixEvent, Method, type Room } from 'matrix-js-sdk';

/** A room that replaces another, according to the tombstone in the old room. */
export interface Upgrade {
  readonly oldRoom: Room;
  readonly replacement: string;
  /** User who sent the tombstone. */
  readonly sender: string;
}

const UPGRADER_DEFAULT_POWER = 50;
/** From this version on, the creators of a room have more power than any level. */
const VERSION_WITH_CREATORS = 12;

/** Returns the upgrade of a room, if it was upgraded. */
export function upgradeOf(oldRoom: Room): Upgrade | undefined {
  const tombstone = stateOf(oldRoom, 'm.room.tombstone');
  const replacement: unknown = tombstone?.getContent().replacement_room;
  const sender = tombstone?.getSender();
  if (typeof replacement !== 'string' || !replacement.startsWith('!') || sender === undefined) return undefined;
  return { oldRoom, replacement, sender };
}

/**
 * Checks in the new room, which the bridge has joined, that it names the old room as its predecessor, and that one of its
 * creators had the power to upgrade the old room. Otherwise anybody who can send a tombstone could redirect alerts.
 */
export async function isByAdmin(client: MatrixClient, { oldRoom, replacement, sender }: Upgrade): Promise<boolean> {
  const path = `/rooms/${encodeURIComponent(replacement)}/state`;
  const state = await client.http.authedRequest<IRoomEvent[]>(Method.Get, path);
  const create = state.find(({ type }) => type === 'm.room.create');
  if (create?.content.predecessor?.room_id !== oldRoom.roomId) return false;
  const mayUpgrade = upgraders(oldRoom);
  return creatorsOf(create.sender, create.content).some((creator) => creator === sender || mayUpgrade(creator));
}

function upgraders(room: Room): (userId: string) => boolean {
  const levels = stateOf(room, 'm.room.power_levels')?.getContent() ?? {};
  const needed = Number(levels.events?.['m.room.tombstone'] ?? levels.state_default ?? UPGRADER_DEFAULT_POWER);
  const create = stateOf(room, 'm.room.create');
  const hasCreators = Number(create?.getContent().room_version ?? 1) >= VERSION_WITH_CREATORS;
  const creators = hasCreators ? creatorsOf(create?.getSender(), create?.getContent() ?? {}) : [];
  const powerOf = (userId: string) => Number(levels.users?.[userId] ?? levels.users_default ?? 0);
  return (userId) => creators.includes(userId) || powerOf(userId) >= needed;
}

function creatorsOf(sender: string | undefined, content: Readonly<Record<string, unknown>>): string[] {
  const { additional_creators: additional } = content;
  return [sender, ...(Array.isArray(additional) ? additional : [])].filter((user) => typeof user === 'string');
}

function stateOf(room: Room, type: string): MatrixEvent | undefined {
  return room.currentState.getStateEvents(type, '') ?? undefined;
}
