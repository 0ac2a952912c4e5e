import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '@repo/common/program-host';
import { findTranscripts } from '../../transcripts/files/transcript-files.ts';
import { type TranscriptRoot, transcriptRoots } from '../../transcripts/files/transcript-roots.ts';
import { Prices } from '../../transcripts/prices/prices.ts';
import { scanOnce } from '../../transcripts/scan-once.ts';
import { summarize } from '../../transcripts/summary.ts';
import { summaryJson } from '../../transcripts/summary-json.ts';
import type { ExporterHost } from '../exporter-host.ts';
import { progressBar } from './progress-bar.ts';
import { parseTranscriptsArguments, type TranscriptsArguments, USAGE } from './transcripts-arguments.ts';
import { renderTranscriptsTable } from './transcripts-table.ts';

/** `claude-usage-exporter transcripts`, from its arguments to its exit code. */
export async function runTranscripts(host: ExporterHost): Promise<number> {
  let options: TranscriptsArguments;
  try {
    options = parseTranscriptsArguments(host.args);
  } catch (error) {
    host.err(`error: ${(error as Error).message}\n`);
    return EXIT.usage;
  }
  if (options.isHelp) {
    host.out(USAGE);
    return EXIT.ok;
  }
  const machine = { env: host.env, home: host.env.HOME || homedir(), platform: host.platform };
  const roots = transcriptRoots(options.directories, machine);
  const found = findTranscripts(roots);
  const bar = progressBar(host);
  const scanned = await (options.storagePath === undefined
    ? scanOnce(found, { host: hostname(), mergeWorktrees: true }, bar.show)
    : scanWithCounters(options.storagePath, roots));
  bar.clear();
  for (const path of scanned.totals.unreadable) host.err(`warning: cannot read ${path}\n`);
  const summary = summarize(scanned, new Prices(), options);
  const facts = {
    hits: scanned.hits,
    unreadableFiles: scanned.totals.unreadable.length,
    damagedLines: scanned.totals.damagedLines,
    now: options.now ?? Date.now(),
  };
  const coloured = host.isTerminal && !host.env.NO_COLOR;
  host.out(
    options.isJson
      ? `${JSON.stringify(summaryJson(summary, facts), undefined, 2)}\n`
      : renderTranscriptsTable(summary, facts, { coloured }),
  );
  return EXIT.ok;
}

/** Scans what is new since the last time, and returns all that was ever counted. */
async function scanWithCounters(storagePath: string, roots: readonly TranscriptRoot[]) {
  // SQLite is loaded only if it is needed.
  const { createTranscriptService } = await import('../../transcripts/daemon/transcript-service.ts');
  const { TRANSCRIPTS_FILE } = await import('../../transcripts/daemon/store.ts');
  using service = createTranscriptService(
    { databasePath: join(storagePath, TRANSCRIPTS_FILE), host: hostname(), roots, mergeWorktrees: true, prices: [] },
    { now: Date.now, progressed() {} },
  );
  const totals = await service.rescan();
  return { ...service.view(), totals };
}
