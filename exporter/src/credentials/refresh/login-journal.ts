import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { inTransaction, openDatabase } from '@repo/common/database';
import { Secret } from '@repo/common/secret';
import { tryLock } from './refresh-lock.ts';
import type { RefreshFailure } from './refresh-policy.ts';

const MIGRATIONS = [
  `CREATE TABLE answers (
     account TEXT PRIMARY KEY,
     traded_in TEXT NOT NULL,
     received_at INTEGER NOT NULL,
     text TEXT NOT NULL
   ) STRICT;
   CREATE TABLE failures (
     account TEXT PRIMARY KEY,
     refresh_token TEXT NOT NULL,
     count INTEGER NOT NULL,
     retry_at INTEGER,
     detail TEXT NOT NULL
   ) STRICT;
   CREATE TABLE holder (id TEXT NOT NULL) STRICT`,
];

/** An answer of the token endpoint, as received. */
export interface TokenAnswer {
  /** Fingerprint of the refresh token that was sent. */
  readonly tradedIn: string;
  /** In milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly text: Secret;
}

/** Marks `logins.sqlite` as "cuel". */
const APPLICATION_ID = 0x6375656c;

/** The memory of refreshes: an answer whose tokens are not yet written back, and failures. */
export interface LoginJournal {
  /** Identifies this exporter among those of one login, across restarts. */
  readonly holder: string;
  /** Keeps other processes with the same storage from refreshing the login; `undefined` while one of them does. */
  tryLock(account: string): Disposable | undefined;
  pendingAnswer(account: string): TokenAnswer | undefined;
  /** Returns when the answer is on disk. */
  recordAnswer(account: string, answer: TokenAnswer): void;
  failure(account: string): RefreshFailure | undefined;
  /** Deletes the answer too, because it had no tokens. */
  recordFailure(account: string, failure: RefreshFailure): void;
  /** Deletes the answer, whose tokens are written back or no longer needed, and earlier failures. */
  settle(account: string): void;
  [Symbol.dispose](): void;
}

/** @throws DatabaseError if a newer release wrote the file */
export function openLoginJournal(storagePath: string): LoginJournal {
  const database = openDatabase(join(storagePath, 'logins.sqlite'), {
    migrations: MIGRATIONS,
    applicationId: APPLICATION_ID,
    synchronous: 'FULL',
  });
  database.exec('PRAGMA secure_delete = ON');
  // Deleted answers contain tokens, and stay readable in the write-ahead log until it is truncated.
  const truncateLog = () => database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  truncateLog();
  const selectAnswer = database.prepare('SELECT traded_in, received_at, text FROM answers WHERE account = ?');
  const replaceAnswer = database.prepare('INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)');
  const deleteAnswer = database.prepare('DELETE FROM answers WHERE account = ?');
  const selectFailure = database.prepare(
    'SELECT refresh_token, count, retry_at, detail FROM failures WHERE account = ?',
  );
  const replaceFailure = database.prepare('INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)');
  const deleteFailure = database.prepare('DELETE FROM failures WHERE account = ?');
  const holder = inTransaction(database, () => {
    const row = database.prepare('SELECT id FROM holder').get();
    if (row) return String(row.id);
    const id = randomUUID();
    database.prepare('INSERT INTO holder VALUES (?)').run(id);
    return id;
  });
  return {
    holder,
    tryLock: (account) => tryLock(join(storagePath, `refreshing-${account}.lock`)),
    pendingAnswer(account) {
      const row = selectAnswer.get(account);
      if (!row) return undefined;
      const text = Secret.of(String(row.text));
      return { tradedIn: String(row.traded_in), receivedAt: Number(row.received_at), text };
    },
    recordAnswer(account, { tradedIn, receivedAt, text }) {
      replaceAnswer.run(account, tradedIn, receivedAt, text.reveal());
    },
    failure(account) {
      const row = selectFailure.get(account);
      if (!row) return undefined;
      return {
        refreshToken: String(row.refresh_token),
        count: Number(row.count),
        ...(row.retry_at === null ? {} : { retryAt: Number(row.retry_at) }),
        detail: String(row.detail),
      };
    },
    recordFailure(account, { refreshToken, count, retryAt, detail }) {
      inTransaction(database, () => {
        deleteAnswer.run(account);
        replaceFailure.run(account, refreshToken, count, retryAt ?? null, detail);
      });
      truncateLog();
    },
    settle(account) {
      inTransaction(database, () => {
        deleteAnswer.run(account);
        deleteFailure.run(account);
      });
      truncateLog();
    },
    [Symbol.dispose]: () => database.close(),
  };
}
