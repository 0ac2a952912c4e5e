import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { response, SESSION, TranscriptFolder } from '../../../test/transcripts.ts';
import { syncBodySchema } from '../daemon/agent-sync.ts';
import { createTranscriptService } from '../daemon/transcript-service.ts';
import { readFileState, writeFileState } from '../file-state-text.ts';
import type { FileState } from '../scanner.ts';
import { syncTranscripts } from './sync-transcripts.ts';

const FILE = `-home-ada-shop/${SESSION}.jsonl`;

/** A host that syncs to a central exporter. */
function pair(folder: TranscriptFolder) {
  const roots = [{ folder: join(folder.path, 'projects'), account: '' }];
  const databasePath = join(folder.path, 'central.sqlite');
  const central = createTranscriptService(
    { databasePath, host: 'central', roots: [], mergeWorktrees: true, prices: [] },
    { now: () => 0, progressed() {} },
  );
  let stored: [string, string][] = [];
  return {
    central,
    async sync(send: (text: string) => void = () => {}) {
      const states = new Map<string, FileState>(stored.map(([identity, text]) => [identity, readFileState(text)]));
      return await syncTranscripts(
        roots,
        states,
        { mergeWorktrees: true },
        {
          async send(body) {
            const text = JSON.stringify(body);
            send(text);
            central.ingest('laptop', syncBodySchema.parse(JSON.parse(text)));
          },
          saveStates(saved) {
            stored = [...saved].map(([identity, state]) => [identity, writeFileState(state)]);
          },
        },
      );
    },
  };
}

test('the central exporter counts what the host has, with parts, and without any contents', async () => {
  using folder = new TranscriptFolder();
  const iterations = [{ type: 'advisor_message', model: 'claude-fable-5', input_tokens: 1000, output_tokens: 20 }];
  folder.write(
    FILE,
    response({ id: 'msg_1', usage: { output_tokens: 1 } }),
    response({ id: 'msg_1', usage: { iterations, speed: 'fast', cache_creation: { ephemeral_1h_input_tokens: 6 } } }),
    response({ id: 'msg_2', requestId: null }),
  );
  const { central, sync } = pair(folder);
  using _ = central;
  let text = '';
  expect(await sync((body) => (text += body))).toMatchObject({ projects: 1, sessions: 1, messages: 2 });
  expect(text).not.toContain('Done.');
  expect(central.snapshot().series).toMatchObject([
    { host: 'laptop', project: 'shop', model: 'claude-opus-5', output: 200, write1h: 6, messages: 2 },
    { model: 'claude-fable-5', input: 1000, output: 20, messages: 0 },
  ]);
});

test('only what is new is sent, and what failed is sent again', async () => {
  using folder = new TranscriptFolder();
  folder.write(FILE, response({ id: 'msg_1' }));
  const { central, sync } = pair(folder);
  using _ = central;
  const fail = () => {
    throw new Error('the server is away');
  };
  await expect(sync(fail)).rejects.toThrow('the server is away');
  expect(await sync()).toMatchObject({ messages: 1 });
  expect(await sync()).toMatchObject({ messages: 0 });
  appendFileSync(folder.at(FILE), `${response({ id: 'msg_2' })}\n`);
  expect(await sync()).toMatchObject({ messages: 1 });
  expect(central.snapshot().series).toMatchObject([{ output: 200, messages: 2 }]);
});
