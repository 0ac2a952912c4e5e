import type { DatabaseSync, StatementSync } from 'node:sqlite';

// Messages of one card keep their order regardless of priority: a thread message needs its root.
const FIRST_OF_CARD = `
  NOT EXISTS (SELECT 1 FROM outbox e WHERE e.card_id = o.card_id AND e.buried = 0 AND e.id < o.id)`;
const ROW = `SELECT o.*, c.event_id FROM outbox o JOIN card c ON c.id = o.card_id`;

const STATEMENTS = {
  enqueue: `INSERT INTO outbox (card_id, room, kind, priority, txn_id, body, accepted_at, due_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  raise: 'UPDATE outbox SET priority = ? WHERE card_id = ? AND priority > ?',
  waiting: `SELECT id, txn_id, kind, body FROM outbox
            WHERE card_id = ? AND in_flight_since IS NULL AND buried = 0 ORDER BY id`,
  amend: 'UPDATE outbox SET body = ?, refusals = 0, set_aside = 0 WHERE id = ?',
  setCardEvent: 'UPDATE card SET event_id = ? WHERE id = ?',
  remove: 'DELETE FROM outbox WHERE id = ?',
  head: `${ROW} WHERE o.room = ? AND o.buried = 0 AND o.set_aside = 0 AND ${FIRST_OF_CARD}
         ORDER BY o.priority, o.id LIMIT 1`,
  dueSetAside: `${ROW} WHERE o.room = ? AND o.buried = 0 AND o.set_aside = 1
                  AND (o.due_at <= ? OR o.postponed_at > ?) AND ${FIRST_OF_CARD}
                ORDER BY o.priority, o.id LIMIT 1`,
  setAsideDueAt: `SELECT min(o.due_at) AS due_at FROM outbox o
                  WHERE o.room = ? AND o.buried = 0 AND o.set_aside = 1 AND ${FIRST_OF_CARD}`,
  markInFlight:
    'UPDATE outbox SET attempts = attempts + 1, in_flight_since = coalesce(in_flight_since, ?) WHERE id = ?',
  postpone: `UPDATE outbox SET due_at = ?, postponed_at = ?, last_reason = ?, last_error = ?,
               in_flight_since = iif(?, in_flight_since, NULL), refusals = ?, set_aside = ? WHERE id = ?`,
  retryNow: `UPDATE outbox SET due_at = ? WHERE room = ? AND due_at > ? AND refusals = 0
               AND last_reason IS NOT 'rate_limited'`,
  retrySetAside: 'UPDATE outbox SET due_at = ? WHERE room = ? AND buried = 0 AND set_aside = 1 AND refusals = 0',
  bury: 'UPDATE outbox SET buried = 1, set_aside = 0, last_reason = ?, last_error = ? WHERE id = ?',
  rooms: 'SELECT DISTINCT room FROM outbox_count WHERE buried = 0 AND count > 0',
  counts: `SELECT priority, count FROM outbox_count WHERE room = ? AND buried = 0 AND count > 0 ORDER BY priority`,
  oldest: `SELECT accepted_at FROM outbox WHERE room = ? AND buried = 0 AND priority = ? ORDER BY id LIMIT 1`,
  buried: 'SELECT sum(count) AS count FROM outbox_count WHERE room = ? AND buried = 1',
  getMeta: 'SELECT value FROM meta WHERE key = ?',
  setMeta: 'INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
} as const;

export function prepareStatements(database: DatabaseSync): Record<keyof typeof STATEMENTS, StatementSync> {
  const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(prepared);
}
