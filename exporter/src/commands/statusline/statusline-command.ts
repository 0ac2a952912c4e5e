import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { defaultStoragePath } from '@repo/common/default-paths';
import { EXIT } from '@repo/common/program-host';
import { readJson } from '../../statusline/statusline-wire.ts';
import { type ExporterHost, PROGRAM } from '../exporter-host.ts';
import { handOver, type Receiver } from './statusline-handover.ts';
import { readRateLimits } from './statusline-input.ts';
import { statuslineText } from './statusline-text.ts';

const INPUT_WITHIN_MS = 1_000;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const HELP = `Usage: ${PROGRAM.name} statusline --account NAME [options]

A status line for Claude Code: reads the JSON that it gives by standard input, prints how much of the usage windows is
used, and hands these numbers to the running exporter. Set it up in Claude Code's settings.json:

  "statusLine": {"type": "command", "command": "${PROGRAM.name} statusline --account NAME"}

Options:
  --account NAME              account of the exporter's configuration that this Claude Code is logged in to
  --storage.path DIRECTORY    where the exporter keeps its state, and listens for this
  --url URL                   where the exporter answers, in place of the directory
  --token.file FILE           holds one of its api.bearer_tokens; else $CLAUDE_USAGE_API_TOKEN does
  --help                      print this

Exit codes: 0 whatever becomes of the numbers, 2 wrong usage.
`;

/** `claude-usage-exporter statusline`, from its arguments to its exit code. */
export async function runStatusline(host: ExporterHost): Promise<number> {
  const flags = parseFlags(host);
  if ('exitCode' in flags) return flags.exitCode;
  const input = await Promise.race([readJson(host.stdin), setTimeout(INPUT_WITHIN_MS)]);
  const limits = readRateLimits(input);
  host.out(`${statuslineText(limits, Date.now())}\n`);
  if (Object.keys(limits).length === 0) return EXIT.ok;
  try {
    await handOver(flags.account, limits, flags.receiver());
  } catch {
    // The line is what the user wants; whether an exporter runs is its own metrics' to tell.
  }
  return EXIT.ok;
}

interface Flags {
  readonly account: string;
  /** @throws Error when the token can't be read */
  readonly receiver: () => Receiver;
}

function parseFlags({ args, env, out, err }: ExporterHost): Flags | { readonly exitCode: number } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        account: { type: 'string' },
        'storage.path': { type: 'string' },
        url: { type: 'string' },
        'token.file': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      out(HELP);
      return { exitCode: EXIT.ok };
    }
    const { account, url } = values;
    if (!account) throw new Error('--account is missing; it names an account of the configuration');
    if (url === undefined) {
      const storagePath = values['storage.path'] ?? defaultStoragePath(PROGRAM.name, env);
      return { account, receiver: () => ({ storagePath }) };
    }
    checkUrl(url);
    const tokenFile = values['token.file'];
    const token = () => (tokenFile ? readFileSync(tokenFile, 'utf8') : (env.CLAUDE_USAGE_API_TOKEN ?? '')).trim();
    return { account, receiver: () => ({ url, token: token(), fetch }) };
  } catch (error) {
    err(`error: ${(error as Error).message}\n`);
    return { exitCode: EXIT.usage };
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)))) return;
  throw new Error('--url must be https, or http on a loopback address: a token in clear text is no secret');
}
