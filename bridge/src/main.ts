import process from 'node:process';
import { guardProcess } from '@repo/common/process-guard';
import { runCommand, type Subcommands } from '@repo/common/subcommands';
import type { BridgeHost } from './commands/bridge-host.ts';

const subcommands: Subcommands<BridgeHost> = {
  outbox: {
    summary: 'list, retry or delete messages that the homeserver rejected',
    load: async () => (await import('./commands/outbox/outbox-command.ts')).runOutbox,
  },
};

guardProcess(process);
// Everything the bridge writes is private, regardless of the umask of its parent.
process.umask(0o077);

const exitCode = await runCommand<BridgeHost>(
  {
    args: process.argv.slice(2),
    env: process.env,
    signals: process,
    nodeVersion: process.version,
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
