import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AlertGroup } from '../alerts/alert-group.ts';
import type { OpenCard, PostedAlerts } from '../alerts/ledger.ts';
import { FatalError } from '../delivery/delivery-error.ts';
import type { Seal } from './seal.ts';

/** A card is the message of an alert group, an edit changes it in place, a thread message tells of it below it. */
export const MESSAGE_KINDS = ['card', 'edit', 'thread'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Critical firing alerts go first under backlog. */
export const PRIORITIES = ['critical', 'normal'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What a message is rendered from, at the moment it is sent. */
export interface MessageSource {
  readonly group: AlertGroup;
  /** Alerts of the card that still fire as far as is known, though the notification does not mention them. */
  readonly unmentioned: number;
  readonly about: 'group' | 'started' | 'reminder';
}

/** A message that is committed and waits to be sent. */
export interface OutboxRow {
  readonly id: number;
  readonly cardId: number;
  readonly kind: MessageKind;
  /** The Matrix transaction id, and inside the encrypted content the mark by which the message can be found again. */
  readonly txnId: string;
  readonly source: MessageSource;
  /** The card's event, once it is in the room. */
  readonly cardEventId: string | undefined;
  readonly acceptedAt: number;
  readonly attempts: number;
  /** When a request left that may have reached the homeserver; absent when none did. Unix milliseconds. */
  readonly inFlightSince: number | undefined;
  readonly dueAt: number;
}

export interface StoredCard extends OpenCard {
  readonly id: number;
}

/** Forward migrations; the file's `user_version` is how many have run. */
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
/** Fingerprints are hashes of labels, so whoever has the file could try out which alerts there were. */
const POSTED = 'posted';

// Within a card the order is that of acceptance whatever the priority: a thread can't precede its root.
const HEAD = `
  SELECT o.*, c.event_id FROM outbox o JOIN card c ON c.id = o.card_id
  WHERE o.room = ? AND o.buried = 0
    AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.card_id = o.card_id AND e.buried = 0 AND e.id < o.id)
  ORDER BY o.priority, o.id LIMIT 1`;

/** The durable queue with the cards it belongs to. Writes are the caller's to group into transactions. */
export class Outbox {
  readonly #seal: Seal;
  readonly #newTxnId: () => string;
  readonly #sql: Statements;

  /** @throws FatalError when the outbox was written with another storage key */
  constructor(database: DatabaseSync, seal: Seal, newTxnId: () => string) {
    this.#seal = seal;
    this.#newTxnId = newTxnId;
    this.#sql = Object.fromEntries(
      Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as Statements;
    this.#checkSeal();
  }

  // With another key neither bodies nor cards are found again; what comes in would be sealed for nobody.
  #checkSeal(): void {
    const mark = this.#seal.fingerprint(SEAL_MARK);
    const known = this.getMeta(SEAL_MARK);
    if (known === undefined) this.setMeta(SEAL_MARK, mark);
    else if (known !== mark) {
      throw new FatalError(
        'the outbox was written with another storage key; put that key back, or move outbox.db away together with the messages that wait in it',
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

  /** Remembers that a delivery for this card came in, whether or not it had news. */
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
   * Lets a card or edit that has not left yet tell the newest state instead, so that an outage ends in one message.
   * @returns the kind of the message that was changed, or `undefined` when there is none to change
   */
  amendWaiting(cardId: number, source: MessageSource, priority: Priority): MessageKind | undefined {
    const row = this.#sql.findAmendable.get(cardId);
    if (!row) return undefined;
    this.#raise(cardId, PRIORITIES.indexOf(priority));
    this.#sql.amend.run(this.#seal.seal(JSON.stringify(source), String(row.txn_id)), Number(row.id));
    return row.kind as MessageKind;
  }

  /** The next message of a room, due or not. */
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

  /** To be committed before the request leaves, so that a crash in between is known. */
  markInFlight(row: OutboxRow, now: number): void {
    this.#sql.markInFlight.run(now, row.id);
  }

  /** The message is in the room: what it said is forgotten, where it stands is kept with the card. */
  markDelivered(row: OutboxRow, eventId: string): void {
    if (row.kind === 'card' || row.cardEventId === undefined) this.#sql.setCardEvent.run(eventId, row.cardId);
    this.#sql.remove.run(row.id);
  }

  postpone(row: OutboxRow, failure: { dueAt: number; error: string; mayHaveArrived: boolean }): void {
    this.#sql.postpone.run(failure.dueAt, failure.error, failure.mayHaveArrived ? 1 : 0, row.id);
  }

  /** Lets what waits for its next try be tried now, because what kept it from being sent is over. */
  hasten(room: string, now: number): void {
    this.#sql.hasten.run(now, room, now);
  }

  /** Takes a message that can never be sent out of the way. It is kept, and counted, until an operator decides. */
  bury(row: OutboxRow, error: string): void {
    this.#sql.bury.run(error, row.id);
  }

  /** Every room, by its configured name, that a message waits for. */
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

  /** Drops cards that no delivery has mentioned since `before` and that nothing waits for. */
  forgetCards(before: number): void {
    this.#sql.forgetCards.run(before);
  }

  // The order within a card is fixed, so what stands before an urgent message becomes as urgent.
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
  hasten: 'UPDATE outbox SET due_at = ? WHERE room = ? AND due_at > ?',
  rooms: 'SELECT DISTINCT room FROM outbox WHERE buried = 0',
  bury: 'UPDATE outbox SET buried = 1, last_error = ? WHERE id = ?',
  pending: `SELECT priority, count(*) AS count, min(accepted_at) AS oldest FROM outbox
            WHERE room = ? AND buried = 0 GROUP BY priority`,
  buried: 'SELECT count(*) AS count FROM outbox WHERE room = ? AND buried = 1',
  getMeta: 'SELECT value FROM meta WHERE key = ?',
  setMeta: 'INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
} as const;

type Statements = Record<keyof typeof STATEMENTS, StatementSync>;
