import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOutboundFetch } from '@repo/common/outbound/outbound';
import { guardProcess } from '@repo/common/process-guard';
import { runProgram } from '@repo/common/program';
import { startBridge } from './app.ts';
import { readConfig } from './config.ts';
import { retryDelay } from './delivery/retry.ts';

guardProcess(process);
// Everything the bridge writes is private, regardless of the umask of its parent.
process.umask(0o077);

const exitCode = await runProgram(
  {
    name: 'alertmanager-matrix-bridge',
    summary: 'Delivers Alertmanager notifications to Matrix rooms, end-to-end encrypted and exactly once.',
    configVariable: 'MATRIX_BRIDGE_CONFIG',
    defaultAddress: '127.0.0.1:10086',
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
          terminal: (text) => process.stdout.write(text),
          nodeVersion: process.version,
        },
      ),
  },
  {
    args: process.argv.slice(2),
    env: process.env,
    signals: process,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  },
);
process.exit(exitCode);
