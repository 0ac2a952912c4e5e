import { z } from 'zod';
import { PlaceReader } from '../ledger/places.ts';
import { ParsedLine } from '../lines/parsed-line.ts';
import { readRecord } from '../lines/record.ts';
import type { TranscriptStore } from './store.ts';

const name = z.string().min(1).max(4096);

/** The body of `POST /api/v1/agent-sync`. Messages are records of transcripts, of which only these fields are needed. */
export const syncBodySchema = z.object({
  projects: z.array(
    z.object({
      name,
      path: z.string().max(4096).optional(),
      sessions: z.array(
        z.object({
          session_id: name,
          messages: z.array(
            z.looseObject({
              timestamp: z.string().optional(),
              requestId: z.string().nullish(),
              message: z.looseObject({
                id: z.string().nullish(),
                model: z.string().nullish(),
                usage: z.looseObject({}),
              }),
            }),
          ),
        }),
      ),
    }),
  ),
});

export type SyncBody = z.infer<typeof syncBodySchema>;

export interface SyncResult {
  readonly projects: number;
  readonly sessions: number;
  /** Messages in the request. */
  readonly messages: number;
  /** Messages that were not known before. */
  readonly new_messages: number;
}

/** Adds the messages that an agent sent under its host. Messages that are known are only corrected upward. */
export function ingest(body: SyncBody, host: string, store: TranscriptStore): SyncResult {
  const { ledger, places, hits } = store;
  const before = ledger.table.count;
  const parsed = new ParsedLine();
  const place = new PlaceReader(places, host, { mergeWorktrees: true });
  let [sessions, messages] = [0, 0];
  for (const project of body.projects) {
    for (const { session_id, messages: records } of project.sessions) {
      sessions++;
      place.begin({ path: '', slug: project.name, session: session_id, account: '' });
      for (const record of records) {
        messages++;
        const own = { ...record, type: 'assistant', sessionId: session_id, cwd: undefined };
        parsed.record(readRecord(own), {
          response: (fields, bytes) => ledger.add(fields, bytes, place.read(fields, bytes)),
          limitHit: (hit) => {
            if (!hits.has(hit.uuid)) hits.set(hit.uuid, { ...hit, host });
          },
          request() {},
        });
      }
    }
  }
  return { projects: body.projects.length, sessions, messages, new_messages: ledger.table.count - before };
}
