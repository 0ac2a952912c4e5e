import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { SyncBody, SyncResult } from './agent-sync.ts';
import type { TodayAnswer, TranscriptQuery } from './queries.ts';
import type { TranscriptSnapshot } from './snapshot.ts';
import type { ScanReport, ServiceOptions } from './transcript-service.ts';
import type { WorkerAnswer, WorkerMessage, WorkerRequest } from './worker-messages.ts';

/** Transcripts that are counted in a thread. */
export interface Transcripts extends AsyncDisposable {
  /** Reads what is new, commits it, and returns when that is done. */
  rescan(): Promise<ScanReport>;
  query(query: TranscriptQuery): Promise<object | undefined>;
  /** Undefined until the stored counts are loaded, and if the thread does not answer in time. */
  today(): Promise<TodayAnswer | undefined>;
  ingest(host: string, body: SyncBody): Promise<SyncResult>;
  /** Undefined until the stored counts are loaded. */
  snapshot(): TranscriptSnapshot | undefined;
  /** Rejects when the thread has died. */
  readonly failed: Promise<never>;
}

/** The built program has the thread's code in a file beside it. */
const WORKER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './transcripts-worker.ts' : './transcripts-worker.js', import.meta.url),
);

/** A page must not wait for a thread that is busy. */
const PAGE_WAIT_MS = 1000;

async function inTime(answer: Promise<WorkerAnswer>): Promise<TodayAnswer | undefined> {
  const waiting = new AbortController();
  const late = setTimeout(PAGE_WAIT_MS, undefined, { signal: waiting.signal, ref: false }).catch(() => undefined);
  try {
    return (await Promise.race([answer, late])) as TodayAnswer | undefined;
  } catch {
    return undefined;
  } finally {
    waiting.abort();
  }
}

export function startTranscripts(options: ServiceOptions): Transcripts {
  const worker = new Worker(WORKER, { workerData: options });
  const waiting = new Map<number, PromiseWithResolvers<WorkerAnswer>>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  let snapshot: TranscriptSnapshot | undefined;
  let lastId = 0;
  worker.on('message', (message: WorkerMessage) => {
    if ('snapshot' in message) {
      snapshot = message.snapshot;
      return;
    }
    const caller = waiting.get(message.id);
    waiting.delete(message.id);
    if ('problem' in message) caller?.reject(new Error(message.problem));
    else caller?.resolve(message.answer);
  });
  const die = (error: Error) => {
    for (const caller of waiting.values()) caller.reject(error);
    waiting.clear();
    failure.reject(error);
  };
  worker.on('error', die);
  worker.on('exit', () => die(new Error('the transcripts thread has ended')));

  const ask = (request: WorkerRequest): Promise<WorkerAnswer> => {
    const id = ++lastId;
    const caller = Promise.withResolvers<WorkerAnswer>();
    waiting.set(id, caller);
    worker.postMessage({ id, request });
    return caller.promise;
  };
  return {
    rescan: async () => (await ask({ kind: 'rescan' })) as ScanReport,
    query: (query) => ask({ kind: 'query', query }) as Promise<object | undefined>,
    today: () => (snapshot ? inTime(ask({ kind: 'query', query: { kind: 'today' } })) : Promise.resolve(undefined)),
    ingest: async (host, body) => (await ask({ kind: 'ingest', host, body })) as SyncResult,
    snapshot: () => snapshot,
    failed: failure.promise,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
