import { homedir } from 'node:os';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { buildInfo } from '@repo/common/build-info';
import { addFileOptions, createCommand, fileFlags, parseArguments } from '@repo/common/command-line';
import { describeError } from '@repo/common/logger';
import { createOutboundFetch } from '@repo/common/outbound/outbound';
import { loadConfiguration } from '@repo/common/program';
import { EXIT } from '@repo/common/program-host';
import { loadConfig } from '../../config/config.ts';
import { openAgentState } from '../../transcripts/agent/agent-state.ts';
import { syncTranscripts } from '../../transcripts/agent/sync-transcripts.ts';
import { projectFolder, transcriptRoots } from '../../transcripts/files/transcript-roots.ts';
import { type ExporterHost, machine, PROGRAM } from '../exporter-host.ts';

const HELP = `
Environment: $CLAUDE_USAGE_API_URL is the central exporter, $CLAUDE_USAGE_API_TOKEN its bearer token for this host (see
transcripts.agents in its configuration), $CLAUDE_PATH or $CLAUDE_CONFIG_DIR the configuration directory of Claude Code.

Sends token counts, models, times and names of projects, and no contents. Run it every few minutes; only what is new is
sent, and what was sent twice counts once.

Exit codes: 0 everything is stored on the server; 1 the sync failed, the next one continues; 2 wrong usage or
configuration.`;
const TIMEOUT_MS = 60_000;
const SYNC_PATH = '/api/v1/agent-sync';
const compress = promisify(gzip);

/** `claude-usage-exporter agent`, from its arguments to its exit code. */
export async function runAgent(host: ExporterHost): Promise<number> {
  const summary = 'Sends what is new in the transcripts of this machine to a central exporter.';
  const command = createCommand(`${PROGRAM.name} agent`, summary, host)
    .option('--url <url>', 'central exporter; also $CLAUDE_USAGE_API_URL')
    .addHelpText('after', HELP);
  const options = parseArguments(addFileOptions(command, PROGRAM, host.env), host.args);
  if ('exitCode' in options) return Number(options.exitCode);
  const flags = fileFlags(options, PROGRAM, host.env);
  const loaded = loadConfiguration(flags, host, ({ text, source }, context) =>
    loadConfig(text, source, { ...context, ...machine(host), version: buildInfo.version }),
  );
  if ('exitCode' in loaded) return loaded.exitCode;
  const { outbound, transcripts } = loaded.config;
  const url = syncUrl(options.url ?? host.env.CLAUDE_USAGE_API_URL);
  const token = host.env.CLAUDE_USAGE_API_TOKEN;
  if (!url || !token) {
    const missing = url ? '$CLAUDE_USAGE_API_TOKEN' : '--url or $CLAUDE_USAGE_API_URL';
    host.err(`error: ${missing} must be set to ${url ? 'the token of this host' : 'an http or https URL'}\n`);
    return EXIT.usage;
  }
  const { directories, mergeWorktrees } = transcripts;
  const roots =
    directories.length > 0
      ? directories.map(({ path, account }) => ({ folder: projectFolder(path), account }))
      : transcriptRoots([], { env: host.env, home: host.env.HOME || homedir(), platform: host.platform });
  try {
    await using fetch = createOutboundFetch(outbound);
    const state = openAgentState(flags.storagePath, url);
    const report = await syncTranscripts(
      roots,
      state.load(),
      { mergeWorktrees },
      {
        saveStates: state.save,
        send: (body) => post(fetch, url, token, JSON.stringify(body)),
      },
    );
    for (const path of report.unreadable) host.err(`warning: cannot read ${path}\n`);
    host.out(`Synced ${report.projects} projects, ${report.sessions} sessions, ${report.messages} messages\n`);
    return EXIT.ok;
  } catch (error) {
    host.err(`error: sync failed: ${describeError(error)}\n`);
    return EXIT.failed;
  }
}

async function post(fetch: typeof globalThis.fetch, url: string, token: string, body: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'user-agent': `${PROGRAM.name}/${buildInfo.version}`,
    },
    body: await compress(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = await response.text();
  if (response.ok) return;
  throw new Error(`the server answered ${response.status}${detailOf(answer)}`);
}

function detailOf(answer: string): string {
  try {
    const { detail } = JSON.parse(answer);
    return typeof detail === 'string' ? `: ${detail.slice(0, 300)}` : '';
  } catch {
    return '';
  }
}

/** The original agent's variable has the server only, without a path. */
function syncUrl(text: string | undefined): string | undefined {
  if (!text || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path.endsWith('/agent-sync') ? path : path + SYNC_PATH}`;
}
