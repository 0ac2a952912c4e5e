import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openDatabase } from '@repo/common/database';
import { z } from 'zod';
import type { AccountState } from '../account/account-state.ts';
import { type GateCaps, NO_CAPS } from '../account/gate.ts';
import { POLL_OUTCOMES } from '../account/poll-outcome.ts';
import { budgetWindowStart, type PollLimits, pollBudget } from '../account/poll-policy.ts';
import type { Source, SourceReport } from '../account/sources.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import { TOP_LEVEL_WINDOWS, type WindowName } from '../usage/windows.ts';

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
  `CREATE TABLE gate_caps (
     account TEXT PRIMARY KEY,
     session_pct INTEGER CHECK (session_pct BETWEEN 1 AND 100),
     week_pct INTEGER CHECK (week_pct BETWEEN 1 AND 100)
   ) STRICT`,
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
          displayName: z.string().exactOptional(),
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
  plan: z
    .object({
      askedAt: z.number(),
      plan: z.string().exactOptional(),
      rateLimitTier: z.string().exactOptional(),
    })
    .exactOptional(),
  failures: z.number(),
});

/** The utilization of a window at one moment. */
export interface UsageSample {
  readonly at: number;
  readonly percent: number;
}

/** A sample that was not polled by this installation. */
export interface ImportedSample extends UsageSample {
  readonly window: WindowName;
  readonly resetsAt: number;
}

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
  /** Stores samples from elsewhere. Samples that exist already are kept. */
  importSamples(account: string, samples: readonly ImportedSample[]): void;
  /** The windows of an account as the samples since `since` last saw them. */
  lastKnownWindows(account: string, since: number): readonly WindowUsage[];
  /** The samples of one window since `since`, oldest first. */
  samplesSince(account: string, window: WindowName, since: number): readonly UsageSample[];
  loadCaps(account: string): GateCaps;
  saveCaps(account: string, caps: GateCaps): void;
  /** Stores the windows of a report as samples. */
  saveReport(account: string, report: SourceReport): void;
  /** Returns what {@link History.saveReport} stored last for a source, unless that was before `since`. */
  loadReport(account: string, source: Source, since: number): SourceReport | undefined;
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

  // Of several rows, SQLite takes the other columns from the one that max() picks.
  const selectLatest = database.prepare(
    'SELECT window, percent, resets_at, max(time) FROM samples WHERE account = ? AND time >= ? GROUP BY window',
  );
  const selectLatestFrom = database.prepare(
    'SELECT window, time, percent, resets_at FROM samples WHERE account = ? AND window = ? AND time >= ? AND source = ? ORDER BY time DESC LIMIT 1',
  );
  const selectSamples = database.prepare(
    'SELECT time, percent FROM samples WHERE account = ? AND window = ? AND time >= ? ORDER BY time',
  );
  const selectCaps = database.prepare('SELECT session_pct, week_pct FROM gate_caps WHERE account = ?');
  const upsertCaps = database.prepare(
    'INSERT INTO gate_caps VALUES (?, ?, ?) ON CONFLICT (account) DO UPDATE SET session_pct = excluded.session_pct, week_pct = excluded.week_pct',
  );

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
    saveState({ account, lastPoll, snapshot, blockedUntil, plan, failures }) {
      inTransaction(database, () => {
        upsertState.run(account, JSON.stringify({ lastPoll, snapshot, blockedUntil, plan, failures }));
        if (!snapshot) return;
        for (const { window, percent, resetsAt } of snapshot.windows) {
          insertSample.run(account, window, snapshot.fetchedAt, percent, resetsAt ?? null, 'official_api');
        }
      });
    },
    importSamples(account, samples) {
      inTransaction(database, () => {
        for (const { window, at, percent, resetsAt } of samples) {
          insertSample.run(account, window, at, percent, resetsAt, 'official_api');
        }
      });
    },
    lastKnownWindows: (account, since) => selectLatest.all(account, since).map(windowOf),
    samplesSince: (account, window, since) =>
      selectSamples
        .all(account, window, since)
        .map(({ time, percent }) => ({ at: Number(time), percent: Number(percent) })),
    loadCaps(account) {
      const row = selectCaps.get(account);
      return row ? { sessionPct: percentOf(row.session_pct), weekPct: percentOf(row.week_pct) } : NO_CAPS;
    },
    saveCaps: (account, { sessionPct, weekPct }) => void upsertCaps.run(account, sessionPct, weekPct),
    saveReport(account, { source, seenAt, windows }) {
      inTransaction(database, () => {
        for (const { window, percent, resetsAt } of windows) {
          insertSample.run(account, window, seenAt, percent, resetsAt ?? null, source);
        }
      });
    },
    loadReport(account, source, since) {
      const rows = TOP_LEVEL_WINDOWS.map((window) => selectLatestFrom.get(account, window, since, source)).filter(
        (row) => row !== undefined,
      );
      if (rows.length === 0) return undefined;
      return { source, seenAt: Math.max(...rows.map(({ time }) => Number(time))), windows: rows.map(windowOf) };
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

function windowOf({ window, percent, resets_at }: Record<string, unknown>): WindowUsage {
  const resetsAt = resets_at === null ? {} : { resetsAt: Number(resets_at) };
  return { window: String(window), percent: Number(percent), ...resetsAt };
}

function percentOf(value: unknown): number | null {
  return value === null ? null : Number(value);
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
