import type { DatabaseSync } from 'node:sqlite';
import type { MessageKind, MessageSource } from './outbox.ts';
import type { Seal } from './seal.ts';

/** A message that the homeserver rejected and that is no longer retried. */
export interface BuriedMessage {
  readonly id: number;
  readonly room: string;
  readonly kind: MessageKind;
  readonly acceptedAt: number;
  readonly attempts: number;
  readonly reason: string;
  readonly error: string;
  readonly source: MessageSource;
}

/** Messages for an operator to decide about. */
export class BuriedMessages {
  readonly #seal: Seal;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync, seal: Seal) {
    this.#seal = seal;
    this.#sql = prepare(database);
  }

  list(): BuriedMessage[] {
    return this.#sql.list.all().map((row) => ({
      id: Number(row.id),
      room: String(row.room),
      kind: row.kind as MessageKind,
      acceptedAt: Number(row.accepted_at),
      attempts: Number(row.attempts),
      reason: String(row.last_reason ?? ''),
      error: String(row.last_error ?? ''),
      source: JSON.parse(this.#seal.open(row.body as Uint8Array, String(row.txn_id))),
    }));
  }

  /** Delivers a message again, with all attempts. Returns false if it is not buried. */
  retry(id: number, now: number): boolean {
    return this.#sql.retry.run(now, id).changes > 0;
  }

  /** Deletes a message. Returns false if it is not buried. */
  delete(id: number): boolean {
    return this.#sql.remove.run(id).changes > 0;
  }
}

function prepare(database: DatabaseSync) {
  return {
    list: database.prepare('SELECT * FROM outbox WHERE buried = 1 ORDER BY id'),
    retry: database.prepare(
      'UPDATE outbox SET buried = 0, set_aside = 0, refusals = 0, attempts = 0, due_at = ? WHERE id = ? AND buried = 1',
    ),
    remove: database.prepare('DELETE FROM outbox WHERE id = ? AND buried = 1'),
  };
}
