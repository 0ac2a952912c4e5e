import type { SyncBody, SyncResult } from './agent-sync.ts';
import type { TranscriptQuery } from './queries.ts';
import type { TranscriptSnapshot } from './snapshot.ts';
import type { ScanReport } from './transcript-service.ts';

/** A request to the worker thread. */
export type WorkerRequest =
  | { readonly kind: 'rescan' }
  | { readonly kind: 'query'; readonly query: TranscriptQuery }
  | { readonly kind: 'ingest'; readonly host: string; readonly body: SyncBody };

export type WorkerAnswer = ScanReport | SyncResult | object | undefined;

export interface NumberedRequest {
  readonly id: number;
  readonly request: WorkerRequest;
}

/** A message from the worker thread: an answer, or what the metrics are to show from now on. */
export type WorkerMessage =
  | { readonly id: number; readonly answer: WorkerAnswer }
  | { readonly id: number; readonly problem: string }
  | { readonly snapshot: TranscriptSnapshot };
