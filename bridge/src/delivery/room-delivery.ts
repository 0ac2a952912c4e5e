import { describeError } from '@repo/common/logger';
import { FatalError } from '../fatal-error.ts';
import { toMessageContent } from '../message/message.ts';
import type { RenderedMessage } from '../message/render.ts';
import type { MessageKind, MessageSource, Outbox, OutboxRow } from '../outbox/outbox.ts';
import { DeliveryError, type DeliveryReason } from './delivery-error.ts';
import type { RoomPort } from './room-port.ts';
import { Wakeup } from './wakeup.ts';

/**
 * Homeservers forget transaction IDs after about one day. If a message may have been sent earlier than this, the bridge
 * searches the room for it before it sends it again.
 */
const TRANSACTIONS_REMEMBERED_MS = 12 * 3_600_000;

export interface DeliveryEvents {
  delivered(message: { room: string; kind: MessageKind; acceptedAt: number; attempts: number; eventId: string }): void;
  postponed(message: { room: string; kind: MessageKind; reason: DeliveryReason; error: string; delayMs: number }): void;
  buried(message: { room: string; kind: MessageKind; reason: DeliveryReason; error: string }): void;
  renderFailed(message: { room: string; error: unknown }): void;
}

export interface DeliveryOptions {
  readonly room: string;
  readonly port: RoomPort;
  readonly outbox: Outbox;
  readonly events: DeliveryEvents;
  /** Renders a message as the room wants it. */
  readonly render: (room: string, source: MessageSource) => RenderedMessage;
  readonly now: () => number;
  readonly retryDelay: (attempts: number, error: DeliveryError) => number;
}

/** Delivers the messages of one room in order. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #wakeup = new Wakeup();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Reports that there are new messages. */
  wake(): void {
    this.#wakeup.wake();
  }

  /**
   * Delivers until the signal aborts. A message being sent is finished first.
   * @throws FatalError if it is unsafe to continue
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

  // A rendering failure must not keep an alert from being delivered.
  #render(row: OutboxRow): RenderedMessage {
    try {
      return this.#options.render(this.#options.room, row.source);
    } catch (error) {
      this.#options.events.renderFailed({ room: this.#options.room, error });
      const body = `${row.source.group.alerts.length} alerts (rendering failed, see the log of the bridge)`;
      return { body, formattedBody: body };
    }
  }

  #fail(row: OutboxRow, error: DeliveryError): void {
    const { outbox, room, events, now } = this.#options;
    if (error.isPermanent) {
      outbox.bury(row, error.message);
      events.buried({ room, kind: row.kind, reason: error.reason, error: error.message });
      return;
    }
    const delayMs = Math.ceil(this.#options.retryDelay(row.attempts + 1, error));
    // If an earlier attempt may have arrived, that stays true.
    const mayHaveArrived = error.mayHaveArrived || row.inFlightSince !== undefined;
    outbox.postpone(row, { dueAt: now() + delayMs, error: error.message, mayHaveArrived });
    events.postponed({ room, kind: row.kind, reason: error.reason, error: error.message, delayMs });
  }
}
