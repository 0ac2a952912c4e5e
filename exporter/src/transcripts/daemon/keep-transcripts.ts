import { join } from 'node:path';
import { describeError, type Logger } from '@repo/common/logger';
import type { TranscriptsConfig } from '../../config/transcripts-config.ts';
import { projectFolder, type RootsMachine, type TranscriptRoot, transcriptRoots } from '../files/transcript-roots.ts';
import { TRANSCRIPTS_FILE } from './store.ts';
import { startTranscripts, type Transcripts } from './transcripts.ts';

export interface KeepTranscriptsPorts {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly logger: Logger;
}

/**
 * Keeps the counts of transcripts up to date until it is disposed of. Whatever goes wrong with transcripts is logged
 * and ends there: usage and alerts do not depend on them.
 */
export function keepTranscripts(
  { enabled, directories, intervalMs, host, mergeWorktrees, prices, agents }: TranscriptsConfig,
  storagePath: string,
  machine: RootsMachine & { readonly hostname: string },
  { sleep, logger }: KeepTranscriptsPorts,
): Transcripts | undefined {
  if (!enabled && agents.length === 0) return undefined;
  const roots = (): TranscriptRoot[] => {
    if (!enabled) return [];
    if (directories.length === 0) return transcriptRoots([], machine);
    return directories.map(({ path, account }) => ({ folder: projectFolder(path), account }));
  };
  const transcripts = startTranscripts({
    databasePath: join(storagePath, TRANSCRIPTS_FILE),
    host: host ?? machine.hostname,
    roots: roots(),
    mergeWorktrees,
    prices,
  });
  const stopping = new AbortController();
  const loop = scanRepeatedly(transcripts, { intervalMs, sleep, logger }, stopping.signal);
  return {
    ...transcripts,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await transcripts[Symbol.asyncDispose]();
      await loop;
    },
  };
}

async function scanRepeatedly(
  transcripts: Transcripts,
  { intervalMs, sleep, logger }: KeepTranscriptsPorts & { readonly intervalMs: number },
  signal: AbortSignal,
): Promise<void> {
  let lastUnreadable = '';
  try {
    for (;;) {
      const { unreadable } = await transcripts.rescan();
      const names = unreadable.slice(0, 10).join(', ');
      if (names !== lastUnreadable && names !== '') logger.warn({ files: names }, 'cannot read transcripts');
      lastUnreadable = names;
      await sleep(intervalMs, signal);
    }
  } catch (error) {
    if (signal.aborted) return;
    logger.error({ reason: describeError(error) }, 'transcript counting stopped');
  }
}
