import { findTranscripts } from '../files/transcript-files.ts';
import type { TranscriptRoot } from '../files/transcript-roots.ts';
import { Places } from '../ledger/places.ts';
import { type FileState, scan } from '../scanner.ts';
import { SyncBatch } from './sync-batch.ts';

/** A request has about so many messages: it is small enough to be repeated after a failure. */
const BATCH = 5000;

export interface SyncPorts {
  /** Sends a body; resolves when the server has stored it. */
  readonly send: (body: ReturnType<SyncBatch['take']>) => Promise<void>;
  /** Called when everything in these files up to these states is stored on the server. */
  readonly saveStates: (states: ReadonlyMap<string, FileState>) => void;
}

export interface SyncReport {
  readonly projects: number;
  readonly sessions: number;
  readonly messages: number;
  readonly unreadable: readonly string[];
}

/**
 * Sends what is new in the transcripts since `states`. What was stored before a failure is not sent again; what the
 * server already has does no harm.
 */
export async function syncTranscripts(
  roots: readonly TranscriptRoot[],
  states: Map<string, FileState>,
  options: { readonly mergeWorktrees: boolean },
  { send, saveStates }: SyncPorts,
): Promise<SyncReport> {
  const found = findTranscripts(roots);
  const places = new Places();
  const batch = new SyncBatch(places);
  const [projects, sessions] = [new Set<string>(), new Set<string>()];
  let messages = 0;
  const flush = async () => {
    const body = batch.take();
    await send(body);
    saveStates(states);
    for (const project of body.projects) {
      projects.add(`${project.path} ${project.name}`);
      for (const { session_id, messages: sent } of project.sessions) {
        sessions.add(session_id);
        messages += sent.length;
      }
    }
  };
  const ports = {
    limitHit() {},
    progress: () => (batch.size >= BATCH ? flush() : undefined),
  };
  const { unreadable } = await scan(found, states, batch, places, { host: '', ...options }, ports);
  // Also when nothing is new, so that a wrong token shows at once.
  await flush();
  return { projects: projects.size, sessions: sessions.size, messages, unreadable };
}
