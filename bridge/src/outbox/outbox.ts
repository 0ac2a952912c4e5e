import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AlertGroup } from '../alerts/alert-group.ts';
import type { OpenCard, PostedAlerts } from '../alerts/ledger.ts';
import { FatalError } from '../fatal-error.ts';
import type { Seal } from './seal.ts';

/** A card is the message of an alert group, an edit changes it, and a thread message is posted in its thread. */
export const MESSAGE_KINDS = ['card', 'edit', 'thread'] as const;
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
}

export interface StoredCard extends OpenCard {
  readonly id: number;
}

/** Forward migrations. `user_version` is the number of migrations applied. */
export const OUTBOX_MIGRATIONS = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE card (
     id INTEGER PRIMARY KEY, lookup TEXT NOT NULL, event_id TEXT, is_open INTEGER NOT NULL,
     posted BLOB NOT NULL, told_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX open_card ON card (lookup) WHERE is_open = 1;
   CREATE TABLE outbox (
     id INTEGER PRIMARY KEY AUTOINCREMENT, card_id INTEGER NOT NULL REFERENCES card (id), room TEXT NOT NULL,
     kind TEXT NOT NULL, priority INTEGER NOT NULL, txn_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL,
     accepted_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, in_flight_since INTEGER,
     due_at INTEGER NOT NULL, last_error TEXT, buried INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE INDEX outbox_order ON outbox (room, buried, priority, id);
   CREATE INDEX outbox_card ON outbox (card_id, id)`,
];

const SEAL_MARK = 'seal';
/** Fingerprints are hashes of labels, so they could be guessed if they were stored in plain text. */
const POSTED = 'posted';

// Messages of one card keep their order regardless of priority: a thread message needs its root.
const HEAD = `
  SELECT o.*, c.event_id FROM outbox o JOIN card c ON c.id = o.card_id
  WHERE o.room = ? AND o.buried = 0
    AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.card_id = o.card_id AND e.buried = 0 AND e.id < o.id)
  ORDER BY o.priority, o.id LIMIT 1`;

/** The durable queue and its cards. The caller groups writes into transactions. */
export class Outbox {
  readonly #seal: Seal;
  readonly #newTxnId: () => string;
  readonly #sql: Statements;

  /** @throws FatalError if the outbox was written with another storage key */
  constructor(database: DatabaseSync, seal: Seal, newTxnId: () => string) {
    this.#seal = seal;
    this.#newTxnId = newTxnId;
    this.#sql = Object.fromEntries(
      Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Statements;
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

  findOpenCard(lookup: string): StoredCard | undefined {
    const card = this.#sql.findOpenCard.get(lookup);
    if (!card) return undefined;
    return {
      id: Number(card.id),
      posted: JSON.parse(this.#seal.open(card.posted as Uint8Array, POSTED)),
      toldAt: Number(card.told_at),
    };
  }

  createCard(lookup: string, posted: PostedAlerts, now: number): number {
    return Number(
      this.#sql.createCard.run(lookup, this.#seal.seal(JSON.stringify(posted), POSTED), now, now).lastInsertRowid,
    );
  }

  updateCard(id: number, change: { posted: PostedAlerts; isOpen: boolean; now: number }): void {
    const posted = this.#seal.seal(JSON.stringify(change.posted), POSTED);
    this.#sql.updateCard.run(change.isOpen ? 1 : 0, posted, change.now, change.now, id);
  }

  /** Records that a notification for this card was received. */
  touchCard(id: number, now: number): void {
    this.#sql.touchCard.run(now, id);
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

  /**
   * Replaces the content of a waiting card or edit by the newest state, so that an outage ends with one message.
   * @returns the kind of the changed message, or `undefined` if there is none
   */
  amendWaiting(cardId: number, source: MessageSource, priority: Priority): MessageKind | undefined {
    const row = this.#sql.findAmendable.get(cardId);
    if (!row) return undefined;
    this.#raise(cardId, PRIORITIES.indexOf(priority));
    this.#sql.amend.run(this.#seal.seal(JSON.stringify(source), String(row.txn_id)), Number(row.id));
    return row.kind as MessageKind;
  }

  /** Returns the next message of a room. It may not be due yet. */
  head(room: string): OutboxRow | undefined {
    const row = this.#sql.head.get(room);
    if (!row) return undefined;
    const txnId = String(row.txn_id);
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
      dueAt: Number(row.due_at),
    };
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

  postpone(row: OutboxRow, failure: { dueAt: number; error: string; mayHaveArrived: boolean }): void {
    this.#sql.postpone.run(failure.dueAt, failure.error, failure.mayHaveArrived ? 1 : 0, row.id);
  }

  /** Makes waiting messages of a room due now. */
  retryNow(room: string, now: number): void {
    this.#sql.retryNow.run(now, room, now);
  }

  /** Stops retrying a message. It is kept until an operator decides. */
  bury(row: OutboxRow, error: string): void {
    this.#sql.bury.run(error, row.id);
  }

  /** Returns the configured names of all rooms with pending messages. */
  rooms(): string[] {
    return this.#sql.rooms.all().map((row) => String(row.room));
  }

  pending(room: string): { priority: Priority; count: number; oldestAcceptedAt: number }[] {
    return this.#sql.pending.all(room).map((row) => ({
      priority: PRIORITIES[Number(row.priority)] ?? 'normal',
      count: Number(row.count),
      oldestAcceptedAt: Number(row.oldest),
    }));
  }

  pendingCount(room: string): number {
    return this.pending(room).reduce((sum, { count }) => sum + count, 0);
  }

  buried(room: string): number {
    return Number(this.#sql.buried.get(room)?.count);
  }

  /** Deletes cards without pending messages that no notification has mentioned since `before`. */
  forgetCards(before: number): void {
    this.#sql.forgetCards.run(before);
  }

  // Messages of one card keep their order, so those before an urgent message become as urgent.
  #raise(cardId: number, priority: number): void {
    this.#sql.raise.run(priority, cardId, priority);
  }

  getMeta(key: string): string | undefined {
    const row = this.#sql.getMeta.get(key);
    return row && String(row.value);
  }

  setMeta(key: string, value: string): void {
    this.#sql.setMeta.run(key, value);
  }
}

const STATEMENTS = {
  findOpenCard: 'SELECT id, posted, told_at FROM card WHERE lookup = ? AND is_open = 1',
  createCard: 'INSERT INTO card (lookup, posted, told_at, seen_at, is_open) VALUES (?, ?, ?, ?, 1)',
  updateCard: 'UPDATE card SET is_open = ?, posted = ?, told_at = ?, seen_at = ? WHERE id = ?',
  touchCard: 'UPDATE card SET seen_at = ? WHERE id = ?',
  setCardEvent: 'UPDATE card SET event_id = ? WHERE id = ?',
  forgetCards:
    'DELETE FROM card WHERE seen_at < ? AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.card_id = card.id)',
  enqueue: `INSERT INTO outbox (card_id, room, kind, priority, txn_id, body, accepted_at, due_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  raise: 'UPDATE outbox SET priority = ? WHERE card_id = ? AND priority > ?',
  findAmendable: `SELECT id, txn_id, kind FROM outbox
                  WHERE card_id = ? AND kind IN ('card', 'edit') AND in_flight_since IS NULL AND buried = 0
                  ORDER BY id DESC LIMIT 1`,
  amend: 'UPDATE outbox SET body = ? WHERE id = ?',
  head: HEAD,
  markInFlight: `UPDATE outbox SET attempts = attempts + 1, in_flight_since = coalesce(in_flight_since, ?) WHERE id = ?`,
  remove: 'DELETE FROM outbox WHERE id = ?',
  postpone: `UPDATE outbox SET due_at = ?, last_error = ?, in_flight_since = iif(?, in_flight_since, NULL) WHERE id = ?`,
  retryNow: 'UPDATE outbox SET due_at = ? WHERE room = ? AND due_at > ?',
  rooms: 'SELECT DISTINCT room FROM outbox WHERE buried = 0',
  bury: 'UPDATE outbox SET buried = 1, last_error = ? WHERE id = ?',
  pending: `SELECT priority, count(*) AS count, min(accepted_at) AS oldest FROM outbox
            WHERE room = ? AND buried = 0 GROUP BY priority`,
  buried: 'SELECT count(*) AS count FROM outbox WHERE room = ? AND buried = 1',
  getMeta: 'SELECT value FROM meta WHERE key = ?',
  setMeta: 'INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
} as const;

type Statements = Record<keyof typeof STATEMENTS, StatementSync>;
