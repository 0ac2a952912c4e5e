import type { Schema } from '@repo/common/migrations';

/** Forward migrations. `user_version` is the number of migrations applied. Released entries must not be changed. */
const MIGRATIONS = [
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

  // Closed cards are looked up too: they tell late repetitions from new occurrences. Counts are kept by triggers,
  // because counting thousands of pending rows blocks every scrape.
  `DROP INDEX open_card;
   CREATE INDEX card_lookup ON card (lookup);
   ALTER TABLE outbox ADD COLUMN postponed_at INTEGER;
   ALTER TABLE outbox ADD COLUMN last_reason TEXT;
   ALTER TABLE outbox ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE outbox ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX outbox_set_aside ON outbox (room, priority, id) WHERE set_aside = 1 AND buried = 0;
   CREATE TABLE outbox_count (
     room TEXT NOT NULL, buried INTEGER NOT NULL, priority INTEGER NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (room, buried, priority)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO outbox_count SELECT room, buried, priority, count(*) FROM outbox GROUP BY room, buried, priority;
   CREATE TRIGGER outbox_inserted AFTER INSERT ON outbox BEGIN
     INSERT INTO outbox_count VALUES (new.room, new.buried, new.priority, 1)
       ON CONFLICT DO UPDATE SET count = count + 1;
   END;
   CREATE TRIGGER outbox_deleted AFTER DELETE ON outbox BEGIN
     UPDATE outbox_count SET count = count - 1
       WHERE room = old.room AND buried = old.buried AND priority = old.priority;
   END;
   CREATE TRIGGER outbox_moved AFTER UPDATE OF room, buried, priority ON outbox BEGIN
     UPDATE outbox_count SET count = count - 1
       WHERE room = old.room AND buried = old.buried AND priority = old.priority;
     INSERT INTO outbox_count VALUES (new.room, new.buried, new.priority, 1)
       ON CONFLICT DO UPDATE SET count = count + 1;
   END`,
];

/** Schema of `outbox.db`, marked as "amob". */
export const OUTBOX_SCHEMA: Schema = { migrations: MIGRATIONS, applicationId: 0x616d6f62 };
