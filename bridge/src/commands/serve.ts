import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgramDescription } from '@repo/common/command-line';
import { createOutboundFetch } from '@repo/common/outbound/outbound';
import { runProgram } from '@repo/common/program';
import { startBridge } from '../app.ts';
import { readConfig } from '../config.ts';
import { retryDelay } from '../delivery/retry.ts';
import { type BridgeHost, PROGRAM } from './bridge-host.ts';

/** Runs the bridge as a server; returns the exit code. */
export function serve(host: BridgeHost, subcommands: ProgramDescription['subcommands'] = {}): Promise<number> {
  return runProgram(
    {
      ...PROGRAM,
      summary: 'Delivers Alertmanager notifications to Matrix rooms, end-to-end encrypted and exactly once.',
      defaultAddress: '127.0.0.1:10086',
      subcommands,
      readConfig: ({ text, source }, context, flags) => readConfig(text, source, context, flags.storagePath),
      start: (config, { flags: { storagePath }, logger, web }) =>
        startBridge(
          config,
          { storagePath, web },
          {
            logger,
            fetch: createOutboundFetch(config.outbound),
            now: Date.now,
            newId: () => crypto.randomUUID(),
            sleep: (ms, signal) => sleep(ms, undefined, { signal }),
            retryDelay: (attempts, error) => retryDelay(attempts, error, Math.random()),
            terminal: host.out,
            nodeVersion: host.nodeVersion,
          },
        ),
    },
    host,
  );
}
