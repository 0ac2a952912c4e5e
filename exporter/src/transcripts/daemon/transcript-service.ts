import { findTranscripts } from '../files/transcript-files.ts';
import type { TranscriptRoot } from '../files/transcript-roots.ts';
import type { PriceRow } from '../prices/price-row.ts';
import { Prices } from '../prices/prices.ts';
import { scan } from '../scanner.ts';
import type { LedgerView } from '../summary.ts';
import { ingest, type SyncBody, type SyncResult } from './agent-sync.ts';
import { snapshotOf, type TranscriptSnapshot } from './snapshot.ts';
import { openTranscriptStore } from './store.ts';

export interface ServiceOptions {
  readonly databasePath: string;
  /** Name of this machine in labels. */
  readonly host: string;
  readonly roots: readonly TranscriptRoot[];
  readonly mergeWorktrees: boolean;
  readonly prices: readonly PriceRow[];
  /** Time between commits of a long scan, so that a killed one does not begin anew. */
  readonly commitEveryMs?: number;
}

export interface ScanReport {
  readonly files: number;
  readonly bytes: number;
  readonly damagedLines: number;
  readonly unreadable: readonly string[];
}

/** Keeps the counts of all transcripts up to date. */
export interface TranscriptService extends Disposable {
  /** Reads what is new and commits it. Calls during a scan share the next one. */
  rescan(): Promise<ScanReport>;
  /** Adds what an agent sent, and commits it. */
  ingest(host: string, body: SyncBody): SyncResult;
  snapshot(): TranscriptSnapshot;
  view(): LedgerView & { readonly prices: Prices };
}

const COMMIT_EVERY_MS = 2000;

export function createTranscriptService(
  { databasePath, host, roots, mergeWorktrees, prices: overrides, commitEveryMs = COMMIT_EVERY_MS }: ServiceOptions,
  { now, progressed }: { readonly now: () => number; readonly progressed: () => void | Promise<void> },
): TranscriptService {
  const store = openTranscriptStore(databasePath);
  const { ledger, places, counters, files, hits } = store;
  const prices = new Prices(overrides);
  let unreadable: readonly string[] = [];
  let damagedLines = 0;
  const commit = () => {
    counters.count(ledger, places, prices);
    store.commit();
  };

  const scanAll = async (): Promise<ScanReport> => {
    const found = findTranscripts(roots);
    let committedAt = now();
    const report = await scan(
      found,
      files,
      ledger,
      places,
      { host, mergeWorktrees },
      {
        limitHit: (hit) => {
          if (!hits.has(hit.uuid)) hits.set(hit.uuid, { ...hit, host });
        },
        async progress() {
          if (now() - committedAt >= commitEveryMs) {
            commit();
            committedAt = now();
          }
          await progressed();
        },
      },
    );
    const present = new Set(found.files.map(({ identity }) => identity));
    for (const identity of files.keys()) if (!present.has(identity)) files.delete(identity);
    commit();
    unreadable = report.unreadable;
    damagedLines += report.damagedLines;
    return report;
  };

  let running: Promise<ScanReport> | undefined;
  let queued: Promise<ScanReport> | undefined;
  const start = () => {
    running = scanAll().finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    rescan() {
      if (!running) return start();
      queued ??= running
        .catch(() => undefined)
        .then(() => {
          queued = undefined;
          return start();
        });
      return queued;
    },
    ingest(agentHost, body) {
      const result = ingest(body, agentHost, store);
      commit();
      return result;
    },
    snapshot: () => snapshotOf(store, { unreadable: unreadable.length, damagedLines, host, now: now() }),
    view: () => ({ table: ledger.table, places, hits: [...hits.values()], prices }),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}
