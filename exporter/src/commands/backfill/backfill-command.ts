import { homedir, hostname } from 'node:os';
import { createCommand, parseArguments } from '@repo/common/command-line';
import { EXIT } from '@repo/common/program-host';
import { InvalidArgumentError } from 'commander';
import { backfillText } from '../../transcripts/backfill.ts';
import { findTranscripts } from '../../transcripts/files/transcript-files.ts';
import { transcriptRoots } from '../../transcripts/files/transcript-roots.ts';
import { Prices } from '../../transcripts/prices/prices.ts';
import { scanOnce } from '../../transcripts/scan-once.ts';
import { type ExporterHost, PROGRAM } from '../exporter-host.ts';

const HELP = `
DIRECTORY is a configuration directory of Claude Code; the default is that of the transcripts command. The output is
OpenMetrics with timestamps. To import it into Prometheus, while no block of it overlaps:

  ${PROGRAM.name} backfill --until 2026-11-01 > history.om
  promtool tsdb create-blocks-from openmetrics history.om /var/lib/prometheus

Leave out the time from which on the exporter itself was scraped, or its counters would begin anew there.`;

/** `claude-usage-exporter backfill`, from its arguments to its exit code. */
export async function runBackfill(host: ExporterHost): Promise<number> {
  let directories: readonly string[] = [];
  const summary = 'Prints the past of the transcript counters as OpenMetrics, for Prometheus.';
  const command = createCommand(`${PROGRAM.name} backfill`, summary, host)
    .argument('[directory...]', 'configuration directories of Claude Code')
    .action((given: string[]) => {
      directories = given;
    })
    .option('--since <time>', 'leave out messages before this time', parseTime)
    .option('--until <time>', 'leave out messages from this time on', parseTime)
    .option('--host <name>', 'value of the label `host`', hostname())
    .addHelpText('after', HELP);
  const options = parseArguments(command, host.args);
  if ('exitCode' in options) return Number(options.exitCode);
  const machine = { env: host.env, home: host.env.HOME || homedir(), platform: host.platform };
  const found = findTranscripts(transcriptRoots(directories, machine));
  const scanned = await scanOnce(found, { host: options.host, mergeWorktrees: true }, () => {});
  for (const path of scanned.totals.unreadable) host.err(`warning: cannot read ${path}\n`);
  for (const text of backfillText(scanned, new Prices(), options)) host.out(text);
  return EXIT.ok;
}

function parseTime(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new InvalidArgumentError('Write a day like 2026-11-01 or a time like 2026-11-01T09:00:00Z.');
  return time;
}
