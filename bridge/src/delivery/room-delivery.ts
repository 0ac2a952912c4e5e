import { describeError } from '@repo/common/logger';
import { toMessageContent } from '../message/message.ts';
import { type RenderedMessage, render } from '../message/render.ts';
import type { MessageKind, Outbox, OutboxRow } from '../outbox/outbox.ts';
import { DeliveryError, type DeliveryReason, FatalError } from './delivery-error.ts';
import type { RoomPort } from './room-port.ts';
import { Wakeup } from './wakeup.ts';

/**
 * A homeserver forgets transaction ids after about a day. A message that may have arrived longer ago than this is
 * looked for in the room before it is sent again.
 */
const TRANSACTIONS_REMEMBERED_MS = 12 * 3_600_000;

export interface DeliveryEvents {
  delivered(message: { room: string; kind: MessageKind; acceptedAt: number; attempts: number; eventId: string }): void;
  postponed(message: { room: string; kind: MessageKind; reason: DeliveryReason; error: string; delayMs: number }): void;
  buried(message: { room: string; kind: MessageKind; error: string }): void;
  renderFailed(message: { room: string; error: unknown }): void;
}

export interface DeliveryOptions {
  readonly room: string;
  readonly port: RoomPort;
  readonly outbox: Outbox;
  readonly events: DeliveryEvents;
  readonly now: () => number;
  readonly retryDelay: (attempts: number, error: DeliveryError) => number;
}

/** Sends the messages of one room, one after another, until each is there. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #wakeup = new Wakeup();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Says that there is something new to send. */
  wake(): void {
    this.#wakeup.wake();
  }

  /**
   * Works until the signal; a message in hand is finished first.
   * @throws FatalError when going on would be unsafe
   */
  async run(signal: AbortSignal): Promise<void> {
    const { outbox, room, now } = this.#options;
    while (!signal.aborted) {
      const row = outbox.head(room);
      if (row && row.dueAt <= now()) await this.#deliver(row);
      else await this.#wakeup.wait(row ? row.dueAt - now() : undefined, signal);
    }
  }

  async #deliver(row: OutboxRow): Promise<void> {
    const { outbox, room, events, now } = this.#options;
    const firstTry = row.inFlightSince === undefined;
    outbox.markInFlight(row, now());
    try {
      const eventId = (firstTry ? undefined : await this.#findSent(row)) ?? (await this.#send(row));
      outbox.markDelivered(row, eventId);
      events.delivered({ room, kind: row.kind, acceptedAt: row.acceptedAt, attempts: row.attempts + 1, eventId });
    } catch (error) {
      if (error instanceof FatalError) throw error;
      this.#fail(
        row,
        error instanceof DeliveryError
          ? error
          : new DeliveryError('internal', describeError(error), { mayHaveArrived: true, cause: error }),
      );
    }
  }

  async #findSent(row: OutboxRow): Promise<string | undefined> {
    const since = row.inFlightSince ?? this.#options.now();
    if (this.#options.now() - since < TRANSACTIONS_REMEMBERED_MS) return undefined;
    return await this.#options.port.find(row.txnId, since);
  }

  #send(row: OutboxRow): Promise<string> {
    return this.#options.port.send(toMessageContent(row, this.#render(row)), row.txnId);
  }

  // An alert is never held back because its rendering has a fault.
  #render(row: OutboxRow): RenderedMessage {
    try {
      return render(row.source);
    } catch (error) {
      this.#options.events.renderFailed({ room: this.#options.room, error });
      const body = `${row.source.group.alerts.length} alerts (they could not be rendered; the log of the bridge says why)`;
      return { body, formattedBody: body };
    }
  }

  #fail(row: OutboxRow, error: DeliveryError): void {
    const { outbox, room, events, now } = this.#options;
    if (error.isPermanent) {
      outbox.bury(row, error.message);
      events.buried({ room, kind: row.kind, error: error.message });
      return;
    }
    const delayMs = Math.ceil(this.#options.retryDelay(row.attempts + 1, error));
    // An earlier try that may have arrived stays so, whatever became of this one.
    const mayHaveArrived = error.mayHaveArrived || row.inFlightSince !== undefined;
    outbox.postpone(row, { dueAt: now() + delayMs, error: error.message, mayHaveArrived });
    events.postponed({ room, kind: row.kind, reason: error.reason, error: error.message, delayMs });
  }
}
