import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '@repo/common/database';
import { DEFAULT_SEVERITIES } from '../src/message/severity.ts';
import { Cards } from '../src/outbox/cards.ts';
import { Intake } from '../src/outbox/intake.ts';
import { Outbox, type OutboxRow } from '../src/outbox/outbox.ts';
import { OUTBOX_SCHEMA } from '../src/outbox/schema.ts';
import { createSeal, type Seal } from '../src/outbox/seal.ts';
import { NOON } from './alerts.ts';

const STORAGE_KEY = Buffer.alloc(32, 7);

/** An outbox over a real database, with its intake, a clock that a test sets and ids that count. */
export class TestStore implements Disposable {
  now = NOON;
  roomIdOf = (room: string): string => `!${room}:example.org`;
  readonly committed: string[] = [];
  readonly database: DatabaseSync;
  readonly outbox: Outbox;
  readonly cards: Cards;
  readonly seal: Seal;
  readonly intake: Intake;

  constructor(path = ':memory:', storageKey: Uint8Array = STORAGE_KEY) {
    this.database = openDatabase(path, { ...OUTBOX_SCHEMA, synchronous: 'FULL' });
    const seal = createSeal(storageKey);
    this.seal = seal;
    const rows = this.database.prepare('SELECT coalesce(max(seq), 0) AS n FROM sqlite_sequence').get();
    let ids = Number(rows?.n);
    this.cards = new Cards(this.database, seal);
    this.outbox = new Outbox(this.database, seal, () => `txn-${++ids}`);
    this.intake = new Intake({
      database: this.database,
      outbox: this.outbox,
      cards: this.cards,
      seal,
      now: () => this.now,
      severities: DEFAULT_SEVERITIES,
      hasCharts: true,
      remindAfterMs: 4 * 3_600_000,
      roomIdOf: (room) => this.roomIdOf(room),
      onCommitted: (room) => this.committed.push(room),
    });
  }

  head(room = 'ops'): OutboxRow | undefined {
    return this.outbox.head(room, this.now);
  }

  /** Delivers the next message of the room and returns it. */
  deliverNext(room = 'ops'): { kind: string; txnId: string } | undefined {
    const row = this.head(room);
    if (!row) return undefined;
    this.outbox.markInFlight(row, this.now);
    this.outbox.markDelivered(row, `$${row.txnId}`);
    return { kind: row.kind, txnId: row.txnId };
  }

  /** Delivers all messages of a room and returns their kinds. */
  drain(room = 'ops'): string[] {
    const kinds: string[] = [];
    for (let next = this.deliverNext(room); next; next = this.deliverNext(room)) kinds.push(next.kind);
    return kinds;
  }

  [Symbol.dispose](): void {
    this.database.close();
  }
}
