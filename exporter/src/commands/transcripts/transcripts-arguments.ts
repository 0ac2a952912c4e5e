import { parseArgs } from 'node:util';
import type { Selection } from '../../transcripts/summary.ts';

export const USAGE = `Usage: claude-usage-exporter transcripts [options] [DIRECTORY...]

Counts tokens and costs in the transcripts of Claude Code.

DIRECTORY is a configuration directory of Claude Code. Default: $CLAUDE_CONFIG_DIR (several are separated by commas),
else $CLAUDE_PATH, else ~/.claude, ~/.config/claude and the sessions of Claude Desktop.

Options:
  --since TIME           count from this day or time on
  --until TIME           count up to the end of this day, or before this time
  --project NAME         count one project only: its path, or the last part of it
  --now TIME             time for which the current 5-hour window is shown (default: now)
  --json                 print JSON instead of a table
  --storage.path DIR     keep counters there: what was counted stays, also after its transcript is deleted
  --config.file FILE     YAML configuration; also $CLAUDE_USAGE_CONFIG
  -h, --help             print this text

TIME is a day like 2026-10-12, which begins at midnight of the local time zone, or a time like 2026-10-12T09:00:00Z.

Each message counts once, however often it is written. Costs are list prices of the API, also for subscriptions. Tokens
of models without a known price are reported as unpriced. Files that cannot be read are named on standard error.

Exit codes: 0 success; 1 the command failed; 2 wrong usage or configuration.
`;

export interface TranscriptsArguments extends Selection {
  readonly directories: readonly string[];
  readonly now: number | undefined;
  readonly isJson: boolean;
  readonly isHelp: boolean;
  readonly storagePath: string | undefined;
  readonly configFile: string | undefined;
}

/**
 * Parses the arguments with Node's own parser, because the command is to be done with small folders before a library
 * would be loaded.
 * @throws Error with a sentence for the user
 */
export function parseTranscriptsArguments(args: readonly string[]): TranscriptsArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      since: { type: 'string' },
      until: { type: 'string' },
      project: { type: 'string' },
      now: { type: 'string' },
      json: { type: 'boolean', default: false },
      'storage.path': { type: 'string' },
      'config.file': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    directories: positionals,
    since: values.since === undefined ? undefined : startOf('--since', values.since),
    until: values.until === undefined ? undefined : endOf('--until', values.until),
    project: values.project,
    now: values.now ? startOf('--now', values.now) : undefined,
    isJson: values.json,
    isHelp: values.help,
    storagePath: values['storage.path'],
    configFile: values['config.file'],
  };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function startOf(option: string, text: string): number {
  const time = Date.parse(DAY.test(text) ? `${text}T00:00:00` : text);
  if (!Number.isNaN(time)) return time;
  throw new Error(`${option} '${text}' is no time; write a day like 2026-10-12 or a time like 2026-10-12T09:00:00Z`);
}

function endOf(option: string, text: string): number {
  const start = new Date(startOf(option, text));
  // The next midnight is 23 or 25 hours away on days when clocks change.
  return DAY.test(text) ? start.setDate(start.getDate() + 1) : start.getTime();
}
