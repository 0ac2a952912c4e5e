import type { DatabaseSync } from 'node:sqlite';
import type { AlertGroup } from '../alerts/alert-group.ts';
import { FatalError } from '../fatal-error.ts';
import { prepareStatements } from './outbox-statements.ts';
import type { Seal } from './seal.ts';

/** A card is the message of an alert group, an edit changes it; thread messages and files are posted in its thread. */
export const MESSAGE_KINDS = ['card', 'edit', 'thread', 'file'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Critical firing alerts are delivered first. */
export const PRIORITIES = ['critical', 'normal'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Content of a message. It is rendered when the message is sent. */
export interface MessageSource {
  readonly group: AlertGroup;
  /** Number of firing alerts of the card that the notification does not contain. */
  readonly unmentioned: number;
  readonly about: 'group' | 'started' | 'reminder';
}

/** A stored message that has not been delivered. */
export interface OutboxRow {
  readonly id: number;
  readonly cardId: number;
  readonly kind: MessageKind;
  /** Matrix transaction ID. Also part of the encrypted content, so that the message can be found in the room. */
  readonly txnId: string;
  readonly source: MessageSource;
  /** Event ID of the card, if it is in the room. */
  readonly cardEventId: string | undefined;
  readonly acceptedAt: number;
  readonly attempts: number;
  /** Time of the first request that may have reached the homeserver, in Unix milliseconds. */
  readonly inFlightSince: number | undefined;
  readonly dueAt: number;
  /** Failed attempts that were probably caused by this message. */
  readonly refusals: number;
  /** True if other messages of the room do not wait for this one. */
  readonly isSetAside: boolean;
}

/** A waiting message whose content can still be changed. */
export interface WaitingMessage {
  readonly id: number;
  readonly txnId: string;
  readonly kind: MessageKind;
  readonly source: MessageSource;
}

const SEAL_MARK = 'seal';

/** The durable queue of messages. The caller groups writes into transactions. */
export class Outbox {
  readonly #seal: Seal;
  readonly #newTxnId: () => string;
  readonly #sql: ReturnType<typeof prepareStatements>;

  /** @throws FatalError if the outbox was written with another storage key */
  constructor(database: DatabaseSync, seal: Seal, newTxnId: () => string) {
    this.#seal = seal;
    this.#newTxnId = newTxnId;
    this.#sql = prepareStatements(database);
    this.#checkSeal();
  }

  // With another key neither stored messages nor cards can be read.
  #checkSeal(): void {
    const mark = this.#seal.fingerprint(SEAL_MARK);
    const known = this.getMeta(SEAL_MARK);
    if (known === undefined) this.setMeta(SEAL_MARK, mark);
    else if (known !== mark) {
      throw new FatalError(
        'the outbox was written with another storage key. Restore that key, or move outbox.db away and lose its pending messages',
        3,
      );
    }
  }

  enqueue(message: {
    cardId: number;
    room: string;
    kind: MessageKind;
    priority: Priority;
    source: MessageSource;
    now: number;
  }): void {
    const txnId = this.#newTxnId();
    const priority = PRIORITIES.indexOf(message.priority);
    const body = this.#seal.seal(JSON.stringify(message.source), txnId);
    this.#raise(message.cardId, priority);
    this.#sql.enqueue.run(message.cardId, message.room, message.kind, priority, txnId, body, message.now, message.now);
  }

  /** Returns messages of a card that were never sent, oldest first. */
  waiting(cardId: number): WaitingMessage[] {
    return this.#sql.waiting.all(cardId).map((row) => ({
      id: Number(row.id),
      txnId: String(row.txn_id),
      kind: row.kind as MessageKind,
      source: JSON.parse(this.#seal.open(row.body as Uint8Array, String(row.txn_id))),
    }));
  }

  /** Replaces the content of a waiting message, so that an outage ends with few messages. */
  amend(cardId: number, { id, txnId }: WaitingMessage, source: MessageSource, priority: Priority): void {
    this.#raise(cardId, PRIORITIES.indexOf(priority));
    this.#sql.amend.run(this.#seal.seal(JSON.stringify(source), txnId), id);
  }

  /** Deletes a message that is no longer relevant. */
  drop({ id }: Pick<WaitingMessage, 'id'>): void {
    this.#sql.remove.run(id);
  }

  /** Returns the next message of a room to send. It may not be due yet. */
  head(room: string, now: number): OutboxRow | undefined {
    const row = this.#sql.dueSetAside.get(room, now, now) ?? this.#sql.head.get(room);
    if (!row) return undefined;
    const txnId = String(row.txn_id);
    // A clock that was set back must not extend the wait.
    const wasSetBack = Number(row.postponed_at ?? 0) > now;
    return {
      id: Number(row.id),
      cardId: Number(row.card_id),
      kind: row.kind as MessageKind,
      txnId,
      source: JSON.parse(this.#seal.open(row.body as Uint8Array, txnId)),
      cardEventId: row.event_id === null ? undefined : String(row.event_id),
      acceptedAt: Number(row.accepted_at),
      attempts: Number(row.attempts),
      inFlightSince: row.in_flight_since === null ? undefined : Number(row.in_flight_since),
      dueAt: wasSetBack ? now : Number(row.due_at),
      refusals: Number(row.refusals),
      isSetAside: row.set_aside === 1,
    };
  }

  /** Returns when the next message that was set aside is due; `undefined` if there is none. */
  setAsideDueAt(room: string): number | undefined {
    const dueAt = this.#sql.setAsideDueAt.get(room)?.due_at;
    return dueAt === null || dueAt === undefined ? undefined : Number(dueAt);
  }

  /** Must be committed before the request is sent, so that a crash in between is detected. */
  markInFlight(row: OutboxRow, now: number): void {
    this.#sql.markInFlight.run(now, row.id);
  }

  /** Deletes a delivered message. Its event ID is kept with the card. */
  markDelivered(row: OutboxRow, eventId: string): void {
    if (row.kind === 'card' || row.cardEventId === undefined) this.#sql.setCardEvent.run(eventId, row.cardId);
    this.#sql.remove.run(row.id);
  }

  postpone(
    row: OutboxRow,
    failure: {
      now: number;
      dueAt: number;
      reason: string;
      error: string;
      mayHaveArrived: boolean;
      refusals: number;
      setAside: boolean;
    },
  ): void {
    const { now, dueAt, reason, error, mayHaveArrived, refusals, setAside } = failure;
    this.#sql.postpone.run(dueAt, now, reason, error, mayHaveArrived ? 1 : 0, refusals, setAside ? 1 : 0, row.id);
  }

  /** Makes waiting messages of a room due now, except those that wait for a rate limit. */
  retryNow(room: string, now: number): void {
    this.#sql.retryNow.run(now, room, now);
  }

  /** Makes messages due now that were set aside without being rejected themselves. */
  retrySetAside(room: string, now: number): void {
    this.#sql.retrySetAside.run(now, room);
  }

  /** Stops retrying a message. It is kept until an operator decides. */
  bury(row: OutboxRow, failure: { reason: string; error: string }): void {
    this.#sql.bury.run(failure.reason, failure.error, row.id);
  }

  /** Returns the configured names of all rooms with pending messages. */
  rooms(): string[] {
    return this.#sql.rooms.all().map((row) => String(row.room));
  }

  pending(room: string): { priority: Priority; count: number; oldestAcceptedAt: number }[] {
    return this.#sql.counts.all(room).map((row) => ({
      priority: PRIORITIES[Number(row.priority)] ?? 'normal',
      count: Number(row.count),
      oldestAcceptedAt: Number(this.#sql.oldest.get(room, Number(row.priority))?.accepted_at),
    }));
  }

  pendingCount(room: string): number {
    return this.#sql.counts.all(room).reduce((sum, { count }) => sum + Number(count), 0);
  }

  buried(room: string): number {
    return Number(this.#sql.buried.get(room)?.count ?? 0);
  }

  getMeta(key: string): string | undefined {
    const row = this.#sql.getMeta.get(key);
    return row && String(row.value);
  }

  setMeta(key: string, value: string): void {
    this.#sql.setMeta.run(key, value);
  }

  // Messages of one card keep their order, so those before an urgent message become as urgent.
  #raise(cardId: number, priority: number): void {
    this.#sql.raise.run(priority, cardId, priority);
  }
}
