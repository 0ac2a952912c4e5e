import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openDatabase } from '@repo/common/database';
import { z } from 'zod';
import type { AccountState } from './account-state.ts';
import { POLL_OUTCOMES } from './poll-outcome.ts';
import { budgetWindowStart, type PollLimits, pollBudget } from './poll-policy.ts';

const MIGRATIONS = [
  `CREATE TABLE samples (
     account TEXT NOT NULL,
     window TEXT NOT NULL,
     time INTEGER NOT NULL,
     percent REAL NOT NULL,
     resets_at INTEGER,
     source TEXT NOT NULL,
     PRIMARY KEY (account, window, time)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE requests (account TEXT NOT NULL, time INTEGER NOT NULL) STRICT;
   CREATE INDEX requests_by_account ON requests (account, time);
   CREATE TABLE accounts (account TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;
   CREATE TABLE installation (armed_at INTEGER NOT NULL) STRICT`,
];

const storedMoneySchema = z.object({ amount: z.number(), currency: z.string() });

/** What a restart must know of an account; the rest is read anew. */
const storedStateSchema = z.object({
  lastPoll: z
    .object({ at: z.number(), outcome: z.enum(POLL_OUTCOMES), detail: z.string().exactOptional() })
    .exactOptional(),
  snapshot: z
    .object({
      fetchedAt: z.number(),
      windows: z.array(
        z.object({
          window: z.string(),
          percent: z.number(),
          resetsAt: z.number().exactOptional(),
          active: z.boolean().exactOptional(),
        }),
      ),
      extraUsage: z
        .object({
          enabled: z.boolean(),
          limit: storedMoneySchema.exactOptional(),
          used: storedMoneySchema.exactOptional(),
        })
        .exactOptional(),
      unknownKeys: z.array(z.string()),
    })
    .exactOptional(),
  blockedUntil: z.number().exactOptional(),
  failures: z.number(),
});

/** Everything that outlives the program: each good sample, every request of the last hour, and each account's state. */
export interface History {
  /** When this installation first started, in milliseconds since the epoch. */
  readonly armedAt: number;
  /** The state that {@link History.saveState} stored last, with the requests of the trailing hour. */
  loadState(account: string, now: number): AccountState;
  /**
   * Logs a request if the account's budget allows one, and says whether it does; called before it is sent, so that a
   * crash can't forget it. Of several processes that ask at once, no more than the budget get a yes.
   */
  recordRequest(account: string, now: number, limits: Pick<PollLimits, 'hourlyBudget'>): boolean;
  requestsSince(account: string, time: number): readonly number[];
  /** Stores the state and, after a good poll, its samples: both or neither. */
  saveState(state: AccountState): void;
  [Symbol.dispose](): void;
}

/** @throws DatabaseError when a newer release wrote the file */
export function openHistory(path: string, now: number): History {
  // The samples are nowhere else: the API tells only of the present.
  const database = openDatabase(path, { migrations: MIGRATIONS, synchronous: 'FULL' });
  const selectState = database.prepare('SELECT state FROM accounts WHERE account = ?');
  const upsertState = database.prepare(
    'INSERT INTO accounts VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET state = excluded.state',
  );
  const insertSample = database.prepare('INSERT OR IGNORE INTO samples VALUES (?, ?, ?, ?, ?, ?)');
  const insertRequest = database.prepare('INSERT INTO requests VALUES (?, ?)');
  const deleteRequests = database.prepare('DELETE FROM requests WHERE account = ? AND time <= ?');
  const selectRequests = database.prepare('SELECT time FROM requests WHERE account = ? AND time > ? ORDER BY time');

  const requestsSince = (account: string, time: number) =>
    selectRequests.all(account, time).map((row) => Number(row.time));

  return {
    armedAt: armedAt(database, now),
    loadState(account, at) {
      const requests = requestsSince(account, budgetWindowStart(at));
      const stored = storedStateSchema.safeParse(parseJson(selectState.get(account)?.state));
      return stored.success ? { account, requests, ...stored.data } : { account, requests, failures: 0 };
    },
    recordRequest(account, at, limits) {
      return inTransaction(database, () => {
        if (pollBudget(requestsSince(account, budgetWindowStart(at)), limits, at).remaining === 0) return false;
        deleteRequests.run(account, budgetWindowStart(at));
        insertRequest.run(account, at);
        return true;
      });
    },
    requestsSince,
    saveState({ account, lastPoll, snapshot, blockedUntil, failures }) {
      inTransaction(database, () => {
        upsertState.run(account, JSON.stringify({ lastPoll, snapshot, blockedUntil, failures }));
        if (!snapshot) return;
        for (const { window, percent, resetsAt } of snapshot.windows) {
          insertSample.run(account, window, snapshot.fetchedAt, percent, resetsAt ?? null, 'official_api');
        }
      });
    },
    [Symbol.dispose]: () => database.close(),
  };
}

function armedAt(database: DatabaseSync, now: number): number {
  return inTransaction(database, () => {
    const row = database.prepare('SELECT armed_at FROM installation').get();
    if (row) return Number(row.armed_at);
    database.prepare('INSERT INTO installation VALUES (?)').run(now);
    return now;
  });
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
