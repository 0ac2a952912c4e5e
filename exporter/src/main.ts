import process from 'node:process';
import { guardProcess } from '@repo/common/process-guard';
import { runCommand, type Subcommands } from '@repo/common/subcommands';
import type { ExporterHost } from './commands/exporter-host.ts';

const subcommands: Subcommands<ExporterHost> = {
  once: {
    summary: 'poll each account once, as far as the budget allows, and print a table',
    load: async () => (await import('./commands/once/once-command.ts')).runOnce,
  },
  statusline: {
    summary: "print Claude Code's status line, and report its numbers to the running exporter",
    load: async () => (await import('./commands/statusline/statusline-command.ts')).runStatusline,
  },
  events: {
    summary: "copy Claude Code's stream-json output, and report its rate limits to the running exporter",
    load: async () => (await import('./commands/events/events-command.ts')).runEvents,
  },
  forecast: {
    summary: 'print a forecast for each row of a sample file',
    load: async () => (await import('./commands/forecast/forecast-command.ts')).runForecast,
  },
  backtest: {
    summary: 'grade the forecasts on past windows, of sample files or of the own history',
    load: async () => (await import('./commands/backtest/backtest-command.ts')).runBacktest,
  },
  transcripts: {
    summary: "count tokens and costs in Claude Code's transcripts, and print a table",
    load: async () => (await import('./commands/transcripts/transcripts-command.ts')).runTranscripts,
  },
  agent: {
    summary: 'send what is new in the transcripts to a central exporter',
    load: async () => (await import('./commands/agent/agent-command.ts')).runAgent,
  },
  backfill: {
    summary: 'print the past of the transcript counters as OpenMetrics, for Prometheus',
    load: async () => (await import('./commands/backfill/backfill-command.ts')).runBackfill,
  },
  prices: {
    summary: 'list the prices that costs are computed with',
    load: async () => (await import('./commands/prices/prices-command.ts')).runPrices,
  },
};

guardProcess(process);
// The reader of a pipe may close it early, as `head` does.
process.stdout.on('error', () => process.exit(1));

const exitCode = await runCommand<ExporterHost>(
  {
    args: process.argv.slice(2),
    env: process.env,
    signals: process,
    nodeVersion: process.version,
    platform: process.platform,
    stdin: process.stdin,
    isTerminal: process.stdout.isTTY === true,
    out: (text) => process.stdout.write(text),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    err: (text) => process.stderr.write(text),
  },
  subcommands,
  async () => {
    const { serve } = await import('./commands/serve.ts');
    return (host) => serve(host, subcommands);
  },
);
// A pipe may still hold part of the output, and exiting would drop it.
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(exitCode);
