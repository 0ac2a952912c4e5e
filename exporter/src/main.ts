import process from 'node:process';
import { runCommand, type Subcommands } from '@repo/common/subcommands';
import type { ExporterHost } from './commands/exporter-host.ts';

const subcommands: Subcommands<ExporterHost> = {
  once: {
    summary: 'poll each account once, as far as the budget allows, and print a table',
    load: async () => (await import('./commands/once/once-command.ts')).runOnce,
  },
  statusline: {
    summary: "print Claude Code's status line, and hand its numbers to the running exporter",
    load: async () => (await import('./commands/statusline/statusline-command.ts')).runStatusline,
  },
};

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
    err: (text) => process.stderr.write(text),
  },
  subcommands,
  async () => {
    const { serve } = await import('./commands/serve.ts');
    return (host) => serve(host, subcommands);
  },
);
process.exit(exitCode);
