import { setTimeout } from 'node:timers/promises';
import { EXIT } from '@repo/common/program-host';
import { readJson } from '../../statusline/statusline-wire.ts';
import { type ExporterHost, PROGRAM } from '../exporter-host.ts';
import { parseReceiverFlags, RECEIVER_HELP } from '../report/receiver-flags.ts';
import { sendReport } from '../report/send-report.ts';
import { readRateLimits } from './statusline-input.ts';
import { statuslineText } from './statusline-text.ts';

const INPUT_TIMEOUT_MS = 1_000;

const HELP = `Usage: ${PROGRAM.name} statusline --account NAME [options]

A status line for Claude Code: reads the JSON that Claude Code passes on standard input, prints the usage of the windows,
and reports it to the running exporter. Set it up in Claude Code's settings.json:

  "statusLine": {"type": "command", "command": "${PROGRAM.name} statusline --account NAME"}

${RECEIVER_HELP}
If the report fails, standard error says why. Exit codes: 0 also if the report fails, 2 wrong usage.
`;

/** Runs `claude-usage-exporter statusline`; returns the exit code. */
export async function runStatusline(host: ExporterHost): Promise<number> {
  const flags = parseReceiverFlags(host, HELP);
  if ('exitCode' in flags) return flags.exitCode;
  const input = await Promise.race([readJson(host.stdin), setTimeout(INPUT_TIMEOUT_MS)]);
  const limits = readRateLimits(input);
  host.out(`${statuslineText(limits, Date.now())}\n`);
  if (Object.keys(limits).length === 0) return EXIT.ok;
  try {
    await sendReport(flags.account, limits, flags.receiver);
  } catch (error) {
    host.err(`${PROGRAM.name} statusline: usage not reported: ${(error as Error).message}\n`);
  }
  return EXIT.ok;
}
