import type { Device } from './device-keys.ts';

export type RoomEvent = {
  readonly event_id: string;
  readonly room_id: string;
  readonly sender: string;
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly origin_server_ts: number;
};

/** As Synapse does, a sync gets the latest events of a room, not all. */
const TIMELINE_LIMIT = 10;

/** The events of every room, one for each transaction id of a device. */
export class RoomEvents {
  readonly #positions: number[] = [];
  readonly #idsByTransaction = new Map<string, string>();
  readonly all: RoomEvent[] = [];
  /** Everything that was sent, also what no event was made of because its transaction had been sent before. */
  readonly arrived: RoomEvent[] = [];

  /** Returns the event's id; the same one, and no new event, if the transaction was sent before. */
  put(sender: Device, txnId: string, sent: Pick<RoomEvent, 'room_id' | 'type' | 'content'>, position: number): string {
    const transaction = `${sender.userId} ${sender.deviceId} ${txnId}`;
    const known = this.#idsByTransaction.get(transaction);
    const event_id = known ?? `$${this.all.length}:test`;
    const event = { ...sent, event_id, sender: sender.userId, origin_server_ts: 0 };
    this.arrived.push(event);
    if (known) return known;
    this.#idsByTransaction.set(transaction, event_id);
    this.#positions.push(position);
    this.all.push(event);
    return event_id;
  }

  timeline(since: number): RoomEvent[] {
    const first = this.#positions.findIndex((position) => position > since);
    return first === -1 ? [] : this.all.slice(first).slice(-TIMELINE_LIMIT);
  }
}
