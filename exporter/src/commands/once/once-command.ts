import { join } from 'node:path';
import { buildInfo } from '@repo/common/build-info';
import { addFileOptions, createCommand, fileFlags, parseArguments } from '@repo/common/command-line';
import { describeError } from '@repo/common/logger';
import { createOutboundFetch } from '@repo/common/outbound/outbound';
import { loadConfiguration } from '@repo/common/program';
import { EXIT } from '@repo/common/program-host';
import { loadConfig } from '../../config/config.ts';
import { openCredentials } from '../../credentials/read-credentials.ts';
import { openHistory } from '../../history/history.ts';
import { createAskClaudeCode } from '../../usage/claude-code/ask-claude-code.ts';
import { usageAnswer } from '../../web/api/usage-api.ts';
import { type ExporterHost, machine, PROGRAM, REQUEST_TIMEOUT_MS } from '../exporter-host.ts';
import { onceExitCode, pollEachOnce } from './once.ts';
import { renderOnceTable } from './once-table.ts';

const HELP = `
Polls count against the same budget of 20 an hour as those of a running exporter. During a pause that the API requested,
the last known usage is printed.

Exit codes: 0 fresh usage of at least one account, 1 no usage or a failure, 2 wrong usage or configuration, 4 stale usage
only.`;

/** Runs `claude-usage-exporter once`; returns the exit code. */
export async function runOnce(host: ExporterHost): Promise<number> {
  const command = createCommand(`${PROGRAM.name} once`, 'Polls each account once and prints its usage.', host)
    .option('--json', 'print the response of GET /api/v1/usage instead of a table', false)
    .addHelpText('after', HELP);
  const options = parseArguments(addFileOptions(command, PROGRAM, host.env), host.args);
  if ('exitCode' in options) return Number(options.exitCode);
  const flags = fileFlags(options, PROGRAM, host.env);
  const loaded = loadConfiguration(flags, host, ({ text, source }, context) =>
    loadConfig(text, source, { ...context, ...machine(host), version: buildInfo.version }),
  );
  if ('exitCode' in loaded) return loaded.exitCode;
  const { config } = loaded;
  try {
    await using fetch = createOutboundFetch(config.outbound);
    using history = openHistory(join(flags.storagePath, 'history.sqlite'), Date.now());
    using credentials = openCredentials(
      { ...config.oauth, storagePath: flags.storagePath, timeoutMs: REQUEST_TIMEOUT_MS },
      {
        now: Date.now,
        fetch,
        env: host.env,
        platform: host.platform,
        refreshed() {},
        refreshTrouble: (account, trouble) => trouble && host.err(`${account}: ${trouble}\n`),
        stopping: new AbortController().signal,
      },
    );
    const settings = { userAgent: config.userAgent, timeoutMs: REQUEST_TIMEOUT_MS };
    const reports = await pollEachOnce(config, settings, {
      now: Date.now,
      fetch,
      history,
      readCredentials: credentials.read,
      askClaudeCode: createAskClaudeCode(host.env),
    });
    const now = Date.now();
    const views = reports.map(({ view }) => view);
    const coloured = host.isTerminal && !host.env.NO_COLOR;
    host.out(
      options.json
        ? `${JSON.stringify(usageAnswer(views, now), undefined, 2)}\n`
        : renderOnceTable(reports, { thresholds: config.thresholds, now, coloured }),
    );
    return onceExitCode(reports);
  } catch (error) {
    host.err(`error: ${describeError(error)}\n`);
    return EXIT.failed;
  }
}
