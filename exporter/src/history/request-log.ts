import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '@repo/common/database';
import { budgetWindowStart, futureShift, nextRequestAt, type RequestLimits } from '../account/poll-policy.ts';

/** The answer to a request's claim: it may be sent, or not before a time. */
export type Claim = { readonly granted: true } | { readonly granted: false; readonly notBefore: number };

/** The requests of the trailing hour, shared by all processes on one storage directory. */
export interface RequestLog {
  claim(account: string, now: number, limits: RequestLimits): Claim;
  /** Returns the times of the requests within the trailing hour, oldest first. */
  recent(account: string, now: number): readonly number[];
}

/** More requests than any limit counts; a bound on what a damaged log can make us read. */
const MAX_RECENT = 1000;

export function createRequestLog(database: DatabaseSync): RequestLog {
  const insert = database.prepare('INSERT INTO requests VALUES (?, ?)');
  const deleteOld = database.prepare('DELETE FROM requests WHERE account = ? AND time <= ?');
  const selectNewest = database.prepare('SELECT max(time) AS time FROM requests WHERE account = ?');
  const shiftFuture = database.prepare('UPDATE requests SET time = time - ? WHERE account = ? AND time > ?');
  const select = database.prepare(
    `SELECT time FROM (SELECT time FROM requests WHERE account = ? AND time > ? ORDER BY time DESC LIMIT ${MAX_RECENT}) ORDER BY time`,
  );

  const recent = (account: string, now: number) =>
    select.all(account, budgetWindowStart(now)).map((row) => Number(row.time));

  return {
    recent,
    claim(account, now, limits) {
      return inTransaction(database, (): Claim => {
        const shift = futureShift(Number(selectNewest.get(account)?.time ?? 0), limits, now);
        if (shift > 0) shiftFuture.run(shift, account, now);
        deleteOld.run(account, budgetWindowStart(now));
        const notBefore = nextRequestAt(recent(account, now), limits, now);
        if (notBefore > now) return { granted: false, notBefore };
        insert.run(account, now);
        return { granted: true };
      });
    },
  };
}
