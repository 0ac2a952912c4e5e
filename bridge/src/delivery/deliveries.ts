import { RateLimit } from './rate-limit.ts';
import { Delivery, type DeliveryOptions } from './room-delivery.ts';
import type { RoomPort } from './room-port.ts';

type Options = Omit<DeliveryOptions, 'room' | 'port' | 'rateLimit'>;

/** Deliveries of all rooms. Rooms do not wait for each other, except for the homeserver's rate limit. */
export class Deliveries {
  readonly #options: Options;
  readonly #rateLimit = new RateLimit();
  readonly #byRoom = new Map<string, Delivery>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Starts delivery of new messages of a room. Has no effect before {@link run}, which checks all rooms first. */
  wake(room: string): void {
    this.#byRoom.get(room)?.wake();
  }

  /** Retries the waiting messages of a room immediately, except during a rate limit. */
  retryNow(room: string): void {
    this.#options.outbox.retryNow(room, this.#options.now());
    this.wake(room);
  }

  /** @throws FatalError if it is unsafe to continue */
  async run(rooms: ReadonlyMap<string, RoomPort>, signal: AbortSignal): Promise<void> {
    for (const [room, port] of rooms)
      this.#byRoom.set(room, new Delivery({ ...this.#options, room, port, rateLimit: this.#rateLimit }));
    await Promise.all([...this.#byRoom.values()].map((delivery) => delivery.run(signal)));
  }
}
