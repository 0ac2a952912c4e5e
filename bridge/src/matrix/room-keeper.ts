import { backoff } from '@repo/common/backoff';
import { type MatrixClient, type MatrixEvent, type Room, RoomEvent, RoomStateEvent } from 'matrix-js-sdk';
import { KnownMembership } from 'matrix-js-sdk/lib/types.js';
import { FatalError } from '../fatal-error.ts';
import { toDeliveryError } from './homeserver-error.ts';
import type { RoomIds } from './room-ids.ts';
import { isByAdmin, type Upgrade, upgradeOf } from './room-upgrade.ts';

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 300_000;

export interface RoomKeeperEvents {
  /** Delivery to this room, by name, may work again. */
  usable(room: string): void;
  joinFailed(failure: { roomId: string; error: Error; delayMs: number }): void;
  upgraded(upgrade: { roomId: string; replacement: string }): void;
  upgradeRejected(upgrade: { roomId: string; replacement: string }): void;
}

export interface RoomKeeperOptions {
  readonly client: MatrixClient;
  readonly ids: RoomIds;
  readonly events: RoomKeeperEvents;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Keeps the bridge in its configured rooms: accepts invitations and follows upgrades, to no other rooms. */
export class RoomKeeper {
  readonly #options: RoomKeeperOptions;
  readonly #problems = new Map<string, string>();
  readonly #working = new Set<string>();

  constructor(options: RoomKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    const { client } = this.#options;
    client.on(RoomEvent.MyMembership, (room) => this.#look(room));
    client.on(RoomStateEvent.Events, (event: MatrixEvent) => {
      const room = event.getType() === 'm.room.tombstone' ? client.getRoom(event.getRoomId()) : null;
      if (room) this.#look(room);
    });
    for (const room of client.getRooms()) this.#look(room);
  }

  /** Returns why the bridge cannot join the room, or its successor. */
  problemOf(name: string): string | undefined {
    return this.#problems.get(this.#options.ids.idOf(name));
  }

  #look(room: Room): void {
    const { ids, events } = this.#options;
    const names = ids.namesOf(room.roomId);
    if (names.length === 0) return;
    const membership = room.getMyMembership();
    if (membership === KnownMembership.Invite) void this.#keepTrying(room.roomId, () => this.#acceptInvitation(room));
    if (membership !== KnownMembership.Join) return;
    const upgrade = upgradeOf(room);
    if (upgrade) void this.#keepTrying(room.roomId, () => this.#follow(upgrade));
    for (const name of names) events.usable(name);
  }

  async #acceptInvitation(room: Room): Promise<void> {
    if (room.getMyMembership() !== KnownMembership.Invite) return;
    await this.#options.client.joinRoom(room.roomId);
  }

  async #follow(upgrade: Upgrade): Promise<void> {
    const { client, ids, events } = this.#options;
    const { oldRoom, replacement, sender } = upgrade;
    const { roomId } = oldRoom;
    const server = sender.slice(sender.indexOf(':') + 1);
    await client.joinRoom(replacement, { viaServers: [server] });
    if (!(await isByAdmin(client, upgrade))) {
      await client.leave(replacement);
      events.upgradeRejected({ roomId, replacement });
      this.#problems.set(roomId, `upgraded to ${replacement}, which was not created by an admin of the room`);
      return;
    }
    const names = ids.namesOf(roomId);
    ids.replace(roomId, replacement);
    events.upgraded({ roomId, replacement });
    for (const name of names) events.usable(name);
    const room = client.getRoom(replacement);
    if (room) this.#look(room);
  }

  /** Retries until it works, because an invitation or upgrade is reported once. */
  async #keepTrying(roomId: string, step: () => Promise<void>): Promise<void> {
    const { events, sleep, signal } = this.#options;
    if (this.#working.has(roomId)) return;
    this.#working.add(roomId);
    try {
      for (let attempt = 1; !signal.aborted; attempt++) {
        try {
          this.#problems.delete(roomId);
          return await step();
        } catch (cause) {
          const error = toDeliveryError(cause);
          const wanted = error instanceof FatalError ? undefined : error.retryAfterMs;
          const delayMs = Math.max(wanted ?? 0, backoff(attempt, FIRST_DELAY_MS, MAX_DELAY_MS));
          this.#problems.set(roomId, error.message);
          if (!signal.aborted) events.joinFailed({ roomId, error, delayMs });
          await sleep(delayMs, signal).catch(() => {});
        }
      }
    } finally {
      this.#working.delete(roomId);
    }
  }
}
