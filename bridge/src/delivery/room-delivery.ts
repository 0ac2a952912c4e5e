import { describeError } from '@repo/common/logger';
import type { Alert } from '../alerts/alert-group.ts';
import { FatalError } from '../fatal-error.ts';
import type { ChartImage } from '../message/chart/draw-alert-chart.ts';
import { toMessageContent, toPictureContent } from '../message/message.ts';
import type { RenderedMessage } from '../message/render.ts';
import type { Cards } from '../outbox/cards.ts';
import type { MessageKind, MessageSource, Outbox, OutboxRow } from '../outbox/outbox.ts';
import { DeliveryError, type DeliveryReason } from './delivery-error.ts';
import type { RateLimit } from './rate-limit.ts';
import { judgeFailure, type Verdict } from './refusal.ts';
import type { RoomPort } from './room-port.ts';
import { Wakeup } from './wakeup.ts';

/**
 * Homeservers forget transaction IDs after about one day. If a message may have been sent earlier than this, the bridge
 * searches the room for it before it sends it again.
 */
const TRANSACTIONS_REMEMBERED_MS = 12 * 3_600_000;
/** Another process may have queued messages again, with the command `outbox`. */
const MAX_WAIT_MS = 60_000;

export interface DeliveryEvents {
  delivered(message: { room: string; kind: MessageKind; acceptedAt: number; attempts: number; eventId: string }): void;
  postponed(message: FailedMessage & { delayMs: number; holdsRoom: boolean }): void;
  buried(message: FailedMessage): void;
  renderFailed(message: { room: string; error: unknown }): void;
  /** The message is complete without its picture. */
  chartLeftOut(message: { room: string; error: unknown }): void;
}

interface FailedMessage {
  readonly room: string;
  readonly kind: MessageKind;
  readonly reason: DeliveryReason;
  readonly error: string;
}

export interface DeliveryOptions {
  readonly room: string;
  readonly port: RoomPort;
  readonly outbox: Outbox;
  readonly cards: Cards;
  readonly rateLimit: RateLimit;
  readonly events: DeliveryEvents;
  /** Renders a message as the room wants it. */
  readonly render: (room: string, source: MessageSource) => RenderedMessage;
  /** Draws the chart of an alert; `undefined` if there is nothing to draw. */
  readonly drawChart: (room: string, alert: Alert) => Promise<ChartImage | undefined>;
  readonly now: () => number;
  readonly retryDelay: (attempts: number, error: DeliveryError) => number;
}

/** Delivers the messages of one room in order. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #wakeup = new Wakeup();
  /** Failures since the last delivery of this room, which determine its backoff. */
  #failures = 0;
  #delivered = 0;
  /** Number of deliveries at the last failure of each message that was set aside. */
  readonly #deliveredAtFailure = new Map<number, number>();

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
    const { outbox, room, now, rateLimit } = this.#options;
    while (!signal.aborted) {
      const time = now();
      const limitedMs = rateLimit.remainingMs(time);
      const row = limitedMs > 0 ? undefined : outbox.head(room, time);
      if (row && row.dueAt <= time) await this.#deliver(row);
      else await this.#wakeup.wait(limitedMs > 0 ? limitedMs : this.#waitMs(row, time), signal);
    }
  }

  #waitMs(row: OutboxRow | undefined, now: number): number {
    const { outbox, room } = this.#options;
    const dueAt = Math.min(
      row?.dueAt ?? Number.POSITIVE_INFINITY,
      outbox.setAsideDueAt(room) ?? Number.POSITIVE_INFINITY,
    );
    return Math.min(Math.max(1, dueAt - now), MAX_WAIT_MS);
  }

  async #deliver(row: OutboxRow): Promise<void> {
    const { outbox, room, events, now } = this.#options;
    const firstTry = row.inFlightSince === undefined;
    outbox.markInFlight(row, now());
    try {
      const target = await this.#withExistingCard(row);
      const eventId = (firstTry ? undefined : await this.#findSent(row)) ?? (await this.#send(target));
      if (eventId === undefined) {
        outbox.drop(row);
        return;
      }
      outbox.markDelivered(target, eventId);
      this.#succeeded(row);
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

  // A card that a moderator removed is replaced: nobody would see its edits.
  async #withExistingCard(row: OutboxRow): Promise<OutboxRow> {
    if (row.cardEventId === undefined || !(await this.#options.port.isRemoved(row.cardEventId))) return row;
    this.#options.cards.forgetEvent(row.cardId);
    return { ...row, cardEventId: undefined };
  }

  async #findSent(row: OutboxRow): Promise<string | undefined> {
    const since = row.inFlightSince ?? this.#options.now();
    if (this.#options.now() - since < TRANSACTIONS_REMEMBERED_MS) return undefined;
    return await this.#options.port.find(row.txnId, since);
  }

  /** @returns undefined for a picture that cannot be drawn */
  async #send(row: OutboxRow): Promise<string | undefined> {
    const { port } = this.#options;
    if (row.kind !== 'file') return await port.send(toMessageContent(row, this.#render(row)), row.txnId);
    const image = row.cardEventId === undefined ? undefined : await this.#draw(row);
    if (!image || row.cardEventId === undefined) return undefined;
    const { txnId, cardEventId } = row;
    return await port.send(toPictureContent({ txnId, cardEventId }, image, await port.upload(image.png)), txnId);
  }

  // Prometheus may be what the alert is about, so a message never waits for its picture.
  async #draw({ source }: OutboxRow): Promise<ChartImage | undefined> {
    const { room, drawChart, events } = this.#options;
    const [alert] = source.group.alerts;
    try {
      return alert && (await drawChart(room, alert));
    } catch (error) {
      events.chartLeftOut({ room, error });
      return undefined;
    }
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

  #succeeded(row: OutboxRow): void {
    const { outbox, room, now } = this.#options;
    this.#deliveredAtFailure.delete(row.id);
    this.#delivered += 1;
    this.#failures = 0;
    outbox.retrySetAside(room, now());
  }

  #fail(row: OutboxRow, error: DeliveryError): void {
    const { outbox, room, events } = this.#options;
    const { message, reason } = error;
    const failed = { room, kind: row.kind, reason, error: message };
    const verdict = judgeFailure(error, {
      attempts: row.attempts + 1,
      refusals: row.refusals,
      isSetAside: row.isSetAside,
      othersPass: this.#delivered > (this.#deliveredAtFailure.get(row.id) ?? this.#delivered),
    });
    if (verdict.action === 'bury') {
      this.#deliveredAtFailure.delete(row.id);
      outbox.bury(row, { reason, error: message });
      events.buried(failed);
      return;
    }
    const delayMs = this.#postpone(row, error, verdict);
    events.postponed({ ...failed, delayMs, holdsRoom: verdict.action === 'hold' });
  }

  #postpone(row: OutboxRow, error: DeliveryError, { action, refusals }: Verdict): number {
    const { outbox, rateLimit, now, retryDelay } = this.#options;
    const setAside = action === 'set_aside';
    if (setAside) this.#deliveredAtFailure.set(row.id, this.#delivered);
    if (!setAside || refusals === row.refusals) this.#failures += 1;
    const delayMs = Math.ceil(retryDelay(setAside ? row.attempts + 1 : this.#failures, error));
    if (error.reason === 'rate_limited') rateLimit.hold(now(), delayMs);
    outbox.postpone(row, {
      now: now(),
      dueAt: now() + delayMs,
      reason: error.reason,
      error: error.message,
      // If an earlier attempt may have arrived, that stays true.
      mayHaveArrived: error.mayHaveArrived || row.inFlightSince !== undefined,
      refusals,
      setAside,
    });
    return delayMs;
  }
}
