import { parseArgs } from 'node:util';
import { defaultStoragePath } from '@repo/common/default-paths';
import { isLoopback } from '@repo/common/loopback';
import { EXIT } from '@repo/common/program-host';
import { readTextFile } from '@repo/common/text-file';
import { type ExporterHost, PROGRAM } from '../exporter-host.ts';
import type { Receiver } from './send-report.ts';

/** The options of every command that reports to the running exporter. */
export const RECEIVER_HELP = `Options:
  --account NAME              account in the exporter's configuration that this Claude Code is logged in to
  --storage.path DIRECTORY    directory where the exporter keeps its state and listens for reports
  --url URL                   URL of the exporter, instead of the directory
  --token.file FILE           file with one of its api.bearer_tokens; defaults to $CLAUDE_USAGE_API_TOKEN
  --ca.file FILE              certificates to trust for --url; defaults to http.ca_file of the configuration
  --help                      print this help
`;

export interface ReceiverFlags {
  readonly account: string;
  readonly receiver: Receiver;
}

/** Parses the options, or returns the exit code after `--help` or wrong usage. */
export function parseReceiverFlags(
  { args, env, out, err }: ExporterHost,
  help: string,
): ReceiverFlags | { readonly exitCode: number } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        account: { type: 'string' },
        'storage.path': { type: 'string' },
        url: { type: 'string' },
        'token.file': { type: 'string' },
        'ca.file': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      out(help);
      return { exitCode: EXIT.ok };
    }
    const { account, url } = values;
    if (!account) throw new Error('--account is missing; name an account of the configuration');
    if (url === undefined) {
      return { account, receiver: { storagePath: values['storage.path'] ?? defaultStoragePath(PROGRAM.name, env) } };
    }
    checkUrl(url);
    const [tokenFile, caFile] = [values['token.file'], values['ca.file']];
    const token = () => (tokenFile ? readTextFile(tokenFile) : (env.CLAUDE_USAGE_API_TOKEN ?? '')).trim();
    const openFetch = async () => (await import('./open-fetch.ts')).openFetch(env, caFile);
    return { account, receiver: { url, token, openFetch } };
  } catch (error) {
    err(`error: ${(error as Error).message}\n`);
    return { exitCode: EXIT.usage };
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) throw new Error('--url must not contain a password; use --token.file');
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) return;
  throw new Error('--url must be https, or http on a loopback address, because the token would be sent in clear text');
}
