import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openDatabase } from '@repo/common/database';
import type { AccountState } from '../account/account-state.ts';
import { type GateCaps, NO_CAPS } from '../account/gate.ts';
import type { RequestLimits } from '../account/poll-policy.ts';
import type { Source, SourceReport } from '../account/sources.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import type { WindowName } from '../usage/windows.ts';
import { createForecastHistory, type ForecastHistory } from './forecast-history.ts';
import { APPLICATION_ID, MIGRATIONS } from './migrations.ts';
import { type Claim, createRequestLog } from './request-log.ts';
import { createSamples, type ImportedSample, type UsageSample } from './samples.ts';
import { parseState, serializeState } from './stored-state.ts';
import { createThinning } from './thinning.ts';

/** Everything that survives a restart: the samples, the requests of the trailing hour, and each account's state. */
export interface History {
  /** First start of this installation, in milliseconds since the epoch. */
  readonly armedAt: number;
  /** Returns the state that {@link History.saveState} stored last, with the requests of the trailing hour. */
  loadState(account: string, now: number): AccountState;
  /**
   * Logs a request if the account's limits allow it now. Called before it is sent, so that a crash cannot lose it. The
   * check and the entry are one transaction, so that several processes together stay within the limits.
   */
  claimRequest(account: string, now: number, limits: RequestLimits): Claim;
  /** Returns the times of the requests within the trailing hour, oldest first. */
  recentRequests(account: string, now: number): readonly number[];
  /** Stores the state and, after a good poll, its samples: both or neither. */
  saveState(state: AccountState): void;
  /** Stores samples from elsewhere. Samples that exist already are kept. */
  importSamples(account: string, samples: readonly ImportedSample[]): void;
  /** Returns the windows of an account with their newest samples, unless these are older than `since`. */
  lastKnownWindows(account: string, since: number): readonly WindowUsage[];
  /** Returns the samples of one window since `since`, oldest first. */
  samplesSince(account: string, window: WindowName, since: number): readonly UsageSample[];
  loadCaps(account: string): GateCaps;
  saveCaps(account: string, caps: GateCaps): void;
  /** Stores the windows of a report as samples. */
  saveReport(account: string, report: SourceReport): void;
  /** Returns what {@link History.saveReport} stored last for a source, unless that was before `since`. */
  loadReport(account: string, source: Source, since: number): SourceReport | undefined;
  readonly forecasts: ForecastHistory;
  [Symbol.dispose](): void;
}

const DAY_MS = 24 * 3_600_000;

/** @throws DatabaseError if a newer release wrote the file */
export function openHistory(path: string, now: number): History {
  // The only copy: the API does not report the past.
  const database = openDatabase(path, { migrations: MIGRATIONS, applicationId: APPLICATION_ID, synchronous: 'FULL' });
  const samples = createSamples(database);
  const requests = createRequestLog(database);
  const thinOut = createThinning(database, samples);
  const selectState = database.prepare('SELECT state FROM accounts WHERE account = ?');
  const upsertState = database.prepare(
    'INSERT INTO accounts VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET state = excluded.state',
  );
  const selectCaps = database.prepare('SELECT session_pct, week_pct FROM gate_caps WHERE account = ?');
  const upsertCaps = database.prepare(
    'INSERT INTO gate_caps VALUES (?, ?, ?) ON CONFLICT (account) DO UPDATE SET session_pct = excluded.session_pct, week_pct = excluded.week_pct',
  );

  return {
    armedAt: armedAt(database, now),
    forecasts: createForecastHistory(database, samples),
    loadState: (account, at) => ({
      account,
      failures: 0,
      ...parseState(selectState.get(account)?.state),
      requests: requests.recent(account, at),
    }),
    claimRequest: requests.claim,
    recentRequests: requests.recent,
    saveState(state) {
      const { account, snapshot, clockSkewMs = 0 } = state;
      inTransaction(database, () => {
        upsertState.run(account, serializeState(state));
        if (!snapshot) return;
        const { source = 'official_api', fetchedAt: seenAt, windows } = snapshot;
        samples.add(account, { source, seenAt, windows });
        // With a wrong clock, everything could count as old.
        if (Math.abs(clockSkewMs) < DAY_MS) thinOut(account, seenAt);
      });
    },
    importSamples(account, imported) {
      inTransaction(database, () => {
        for (const { at: seenAt, ...usage } of imported) {
          samples.add(account, { source: 'official_api', seenAt, windows: [usage] });
        }
      });
    },
    lastKnownWindows: samples.lastKnown,
    samplesSince: samples.since,
    loadCaps(account) {
      const row = selectCaps.get(account);
      return row ? { sessionPct: percentOf(row.session_pct), weekPct: percentOf(row.week_pct) } : NO_CAPS;
    },
    saveCaps: (account, { sessionPct, weekPct }) => void upsertCaps.run(account, sessionPct, weekPct),
    saveReport: (account, report) => inTransaction(database, () => samples.add(account, report)),
    loadReport: samples.lastReport,
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

function percentOf(value: unknown): number | null {
  return value === null ? null : Number(value);
}
