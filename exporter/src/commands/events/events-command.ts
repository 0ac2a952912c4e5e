import { setTimeout } from 'node:timers/promises';
import { EXIT } from '@repo/common/program-host';
import { createLineReader } from '../../usage/claude-code/line-reader.ts';
import { type ExporterHost, PROGRAM } from '../exporter-host.ts';
import type { RateLimits } from '../report/rate-limits.ts';
import { parseReceiverFlags, RECEIVER_HELP } from '../report/receiver-flags.ts';
import { sendReport } from '../report/send-report.ts';
import { parseRateLimitEvent } from './rate-limit-event.ts';

/** Events have a few hundred bytes; messages of the model may have megabytes. */
const MAX_LINE_BYTES = 64 * 1024;
/** Time that the end of the stream waits for the last report. */
const LAST_REPORT_TIMEOUT_MS = 3_000;

const HELP = `Usage: claude -p ... --output-format stream-json --verbose | ${PROGRAM.name} events --account NAME [options]

Copies the output of Claude Code from standard input to standard output, unchanged and unbuffered, and reports the rate
limits that its events contain to the running exporter. For runs that happen anyway: in CI, or in a pod with a token of
\`claude setup-token\`, which cannot read the usage.

${RECEIVER_HELP}
The pipe works on if a report fails; standard error says why, once. In a script, set \`pipefail\` to see the exit code of
claude. Exit codes: 0 at the end of the input, 1 if the output is closed, 2 wrong usage.
`;

/** Runs `claude-usage-exporter events`; returns the exit code. */
export async function runEvents(host: ExporterHost): Promise<number> {
  const flags = parseReceiverFlags(host, HELP);
  if ('exitCode' in flags) return flags.exitCode;
  const reporter = createReporter(
    (limits) => sendReport(flags.account, limits, flags.receiver),
    (message) => host.err(`${PROGRAM.name} events: usage not reported: ${message}\n`),
  );
  const readLines = createLineReader(MAX_LINE_BYTES);
  const report = (lines: readonly string[]) => {
    for (const line of lines) {
      const limits = parseRateLimitEvent(line);
      if (limits) reporter.add(limits);
    }
  };
  try {
    for await (const chunk of host.stdin) {
      // First the pipe, then our own work.
      await host.write(chunk);
      report(readLines(chunk));
    }
  } catch {
    // Whoever reads the output is gone, so claude has to learn that from its next write.
    return EXIT.failed;
  }
  // The last line may lack its end.
  report(readLines(Buffer.from('\n')));
  await Promise.race([reporter.idle(), setTimeout(LAST_REPORT_TIMEOUT_MS)]);
  return EXIT.ok;
}

interface Reporter {
  add(limits: RateLimits): void;
  /** Resolves when nothing remains to be sent. */
  idle(): Promise<void>;
}

/** Sends one report at a time; what arrives meanwhile is merged by window into the next one. */
function createReporter(send: (limits: RateLimits) => Promise<void>, onFailure: (message: string) => void): Reporter {
  let pending: RateLimits | undefined;
  let sending: Promise<void> | undefined;
  let lastFailure = '';

  async function sendAll(): Promise<void> {
    while (pending) {
      const limits = pending;
      pending = undefined;
      try {
        await send(limits);
        lastFailure = '';
      } catch (error) {
        const { message } = error as Error;
        if (message !== lastFailure) onFailure(message);
        lastFailure = message;
      }
    }
    sending = undefined;
  }

  return {
    add(limits) {
      pending = { ...pending, ...limits };
      sending ??= sendAll();
    },
    idle: async () => sending,
  };
}
