import type { DatabaseSync } from 'node:sqlite';
import type { Card } from '../alerts/ledger.ts';
import { formatPosted, type PostedAlerts, parsePosted } from '../alerts/posted-alerts.ts';
import type { Seal } from './seal.ts';

/** Fingerprints are hashes of labels, so they could be guessed if they were stored in plain text. */
const POSTED = 'posted';

export interface StoredCard extends Card {
  readonly id: number;
}

/** Cards of alert groups, with the alerts that each has posted. The caller groups writes into transactions. */
export class Cards {
  readonly #seal: Seal;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync, seal: Seal) {
    this.#seal = seal;
    this.#sql = prepare(database);
  }

  /** Returns the newest card of a group, open or not. */
  find(lookup: string): StoredCard | undefined {
    const card = this.#sql.find.get(lookup);
    if (!card) return undefined;
    return {
      id: Number(card.id),
      posted: parsePosted(this.#seal.open(card.posted as Uint8Array, POSTED)),
      toldAt: Number(card.told_at),
      isOpen: card.is_open === 1,
      isDelivered: card.event_id !== null,
    };
  }

  /** Creates the new card of a group and closes its previous one. */
  create(lookup: string, posted: PostedAlerts, now: number): number {
    this.#sql.close.run(lookup);
    return Number(this.#sql.create.run(lookup, this.#sealed(posted), now, now).lastInsertRowid);
  }

  update(id: number, change: { posted: PostedAlerts; isOpen: boolean; now: number }): void {
    this.#sql.update.run(change.isOpen ? 1 : 0, this.#sealed(change.posted), change.now, change.now, id);
  }

  /** Records that a notification for this card was received, without a message. */
  touch(id: number, now: number, posted?: PostedAlerts): void {
    this.#sql.touch.run(now, id);
    if (posted) this.#sql.setPosted.run(this.#sealed(posted), id);
  }

  /** The next message of this card becomes a new card, because its event was removed from the room. */
  forgetEvent(id: number): void {
    this.#sql.forgetEvent.run(id);
  }

  /** Deletes cards without pending messages that no notification has mentioned since `before`. */
  forget(before: number): void {
    this.#sql.forget.run(before);
  }

  #sealed(posted: PostedAlerts): Buffer {
    return this.#seal.seal(formatPosted(posted), POSTED);
  }
}

function prepare(database: DatabaseSync) {
  return {
    find: database.prepare('SELECT * FROM card WHERE lookup = ? ORDER BY id DESC LIMIT 1'),
    close: database.prepare('UPDATE card SET is_open = 0 WHERE lookup = ? AND is_open = 1'),
    create: database.prepare('INSERT INTO card (lookup, posted, told_at, seen_at, is_open) VALUES (?, ?, ?, ?, 1)'),
    update: database.prepare('UPDATE card SET is_open = ?, posted = ?, told_at = ?, seen_at = ? WHERE id = ?'),
    touch: database.prepare('UPDATE card SET seen_at = ? WHERE id = ?'),
    setPosted: database.prepare('UPDATE card SET posted = ? WHERE id = ?'),
    forgetEvent: database.prepare('UPDATE card SET event_id = NULL WHERE id = ?'),
    forget: database.prepare(
      'DELETE FROM card WHERE seen_at < ? AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.card_id = card.id)',
    ),
  };
}
