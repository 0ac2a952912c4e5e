import { homedir, hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildInfo } from '@repo/common/build-info';
import type { ProgramDescription } from '@repo/common/command-line';
import { createOutboundFetch } from '@repo/common/outbound/outbound';
import { runProgram } from '@repo/common/program';
import { startExporter } from '../app.ts';
import { loadConfig } from '../config/config.ts';
import { type ExporterHost, machine, PROGRAM, REQUEST_TIMEOUT_MS } from './exporter-host.ts';

/** Beside the bundled program, where the build puts it. */
const RUNBOOK_DIRECTORY = fileURLToPath(new URL('./runbook', import.meta.url));

/** Runs the exporter as a server; returns the exit code. */
export function serve(host: ExporterHost, subcommands: ProgramDescription['subcommands'] = {}): Promise<number> {
  return runProgram(
    {
      ...PROGRAM,
      summary: 'Prometheus exporter for the usage windows of Claude subscriptions.',
      defaultAddress: '127.0.0.1:10085',
      subcommands,
      readConfig: ({ text, source }, context) =>
        loadConfig(text, source, { ...context, ...machine(host), version: buildInfo.version }),
      start: (config, { flags: { storagePath }, logger, web, readConfig }) =>
        startExporter(
          config,
          {
            web,
            storagePath,
            requestTimeoutMs: REQUEST_TIMEOUT_MS,
            runbookDirectory: RUNBOOK_DIRECTORY,
            transcripts: {
              env: host.env,
              home: host.env.HOME || homedir(),
              platform: host.platform,
              hostname: hostname(),
            },
          },
          {
            now: Date.now,
            random: Math.random,
            createFetch: createOutboundFetch,
            readConfig,
            sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
            nodeVersion: host.nodeVersion,
            platform: host.platform,
            env: host.env,
            logger,
          },
        ),
    },
    host,
  );
}
