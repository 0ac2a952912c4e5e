import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '@repo/common/program-host';
import type { TranscriptsConfig } from '../../config/transcripts-config.ts';
import { findTranscripts } from '../../transcripts/files/transcript-files.ts';
import { projectFolder, type TranscriptRoot, transcriptRoots } from '../../transcripts/files/transcript-roots.ts';
import { Prices } from '../../transcripts/prices/prices.ts';
import { scanOnce } from '../../transcripts/scan-once.ts';
import { summarize } from '../../transcripts/summary.ts';
import { summaryJson } from '../../transcripts/summary-json.ts';
import { type ExporterHost, PROGRAM } from '../exporter-host.ts';
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
  const settings = await readSettings(options.configFile, host);
  if ('exitCode' in settings) return settings.exitCode;
  const roots = rootsOf(options.directories, settings, host);
  const found = findTranscripts(roots);
  const bar = progressBar(host);
  const scanned = await (options.storagePath === undefined
    ? scanOnce(found, { host: hostname(), mergeWorktrees: settings.mergeWorktrees }, bar.show)
    : scanWithCounters(options.storagePath, roots, settings));
  bar.clear();
  for (const path of scanned.totals.unreadable) host.err(`warning: cannot read ${path}\n`);
  const summary = summarize(scanned, new Prices(settings.prices), options);
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
async function scanWithCounters(storagePath: string, roots: readonly TranscriptRoot[], settings: Settings) {
  const { mergeWorktrees, prices, host = hostname() } = settings;
  // SQLite is loaded only if it is needed.
  const { createTranscriptService } = await import('../../transcripts/daemon/transcript-service.ts');
  const { TRANSCRIPTS_FILE } = await import('../../transcripts/daemon/store.ts');
  using service = createTranscriptService(
    { databasePath: join(storagePath, TRANSCRIPTS_FILE), host, roots, mergeWorktrees, prices },
    { now: Date.now, progressed() {} },
  );
  const totals = await service.rescan();
  return { ...service.view(), totals };
}

type Settings = Pick<TranscriptsConfig, 'directories' | 'mergeWorktrees' | 'prices' | 'host'>;

const DEFAULTS: Settings = { directories: [], mergeWorktrees: true, prices: [], host: undefined };

/** Reads the configuration. Its code is loaded only if there is a file, because loading takes longer than a small scan. */
async function readSettings(given: string | undefined, host: ExporterHost): Promise<Settings | { exitCode: number }> {
  const { env } = host;
  const standard = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), PROGRAM.name, 'config.yaml');
  const configFile = given ?? (env[PROGRAM.configVariable] || (existsSync(standard) ? standard : undefined));
  if (configFile === undefined) return DEFAULTS;
  const { readTranscriptsConfig } = await import('./read-transcripts-config.ts');
  return readTranscriptsConfig(configFile, host);
}

function rootsOf(given: readonly string[], { directories }: Settings, host: ExporterHost): readonly TranscriptRoot[] {
  if (given.length === 0 && directories.length > 0) {
    return directories.map(({ path, account }) => ({ folder: projectFolder(path), account }));
  }
  return transcriptRoots(given, { env: host.env, home: host.env.HOME || homedir(), platform: host.platform });
}
