#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { buildInfo } from '@repo/common/build-info';
import { EXIT, parseCommandLine, readConfigFile } from '@repo/common/command-line';
import { ConfigError } from '@repo/common/config';
import { createLogger } from '@repo/common/logger';
import { runUntilSignal } from '@repo/common/service';
import { startExporter } from './app.ts';
import { loadConfig } from './config.ts';

const PROGRAM = {
  name: 'claude-usage-exporter',
  summary: 'Prometheus exporter for the usage windows of Claude subscriptions',
  configVariable: 'CLAUDE_USAGE_CONFIG',
  defaultAddress: '127.0.0.1:10085',
};
const REQUEST_TIMEOUT_MS = 15_000;

async function main(): Promise<number> {
  const { env } = process;
  const out = (text: string) => process.stdout.write(text);
  const err = (text: string) => process.stderr.write(text);
  const flags = parseCommandLine(PROGRAM, process.argv.slice(2), env, { out, err });
  if ('exitCode' in flags) return flags.exitCode;

  const { text, source, directory } = readConfigFile(flags.configFile);
  const config = loadConfig(text, source, { env, directory, exists: existsSync, version: buildInfo.version });
  if (flags.configCheck) {
    out(`OK: ${source}, accounts: ${config.accounts.map(({ name }) => name).join(', ')}\n`);
    return EXIT.ok;
  }

  const logger = createLogger({ level: flags.logLevel, format: flags.logFormat, write: err });
  const service = await startExporter(
    config,
    { listenAddress: flags.listenAddress, storagePath: flags.storagePath, requestTimeoutMs: REQUEST_TIMEOUT_MS },
    {
      now: Date.now,
      random: Math.random,
      fetch,
      sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
      nodeVersion: process.version,
      logger,
    },
  );
  await runUntilSignal(service, process, logger);
  return EXIT.ok;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ConfigError ? EXIT.usage : EXIT.failed;
}
