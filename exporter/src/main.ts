#!/usr/bin/env node
import { existsSync } from 'node:fs';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { buildInfo } from '@repo/common/build-info';
import { runProgram } from '@repo/common/program';
import { startExporter } from './app.ts';
import { loadConfig } from './config.ts';

const REQUEST_TIMEOUT_MS = 15_000;

const exitCode = await runProgram(
  {
    name: 'claude-usage-exporter',
    summary: 'Prometheus exporter for the usage windows of Claude subscriptions.',
    configVariable: 'CLAUDE_USAGE_CONFIG',
    defaultAddress: '127.0.0.1:10085',
    readConfig: ({ text, source }, context) =>
      loadConfig(text, source, { ...context, exists: existsSync, version: buildInfo.version }),
    start: (config, { listenAddress, storagePath }, logger) =>
      startExporter(
        config,
        { listenAddress, storagePath, requestTimeoutMs: REQUEST_TIMEOUT_MS },
        {
          now: Date.now,
          random: Math.random,
          fetch,
          sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
          nodeVersion: process.version,
          logger,
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
