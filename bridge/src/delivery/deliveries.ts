import { Delivery, type DeliveryOptions } from './room-delivery.ts';
import type { RoomPort } from './room-port.ts';

/** The deliveries of all rooms: each room keeps its own order, and none waits for another. */
export class Deliveries {
  readonly #options: Omit<DeliveryOptions, 'room' | 'port'>;
  readonly #byRoom = new Map<string, Delivery>();

  constructor(options: Omit<DeliveryOptions, 'room' | 'port'>) {
    this.#options = options;
  }

  /** Says that there is something new for a room. Before {@link run} nothing has to be said: it begins with a look. */
  wake(room: string): void {
    this.#byRoom.get(room)?.wake();
  }

  /** Lets a room's waiting message be tried at once. */
  hasten(room: string): void {
    this.#options.outbox.hasten(room, this.#options.now());
    this.wake(room);
  }

  /** @throws FatalError when going on would be unsafe */
  async run(rooms: ReadonlyMap<string, RoomPort>, signal: AbortSignal): Promise<void> {
    for (const [room, port] of rooms) this.#byRoom.set(room, new Delivery({ ...this.#options, room, port }));
    await Promise.all([...this.#byRoom.values()].map((delivery) => delivery.run(signal)));
  }
}
