import { Readable } from 'node:stream';
import type { ExporterHost } from '../src/commands/exporter-host.ts';

export interface HostOptions {
  readonly args: readonly string[];
  readonly stdin?: string | Readable;
  readonly env?: ExporterHost['env'];
  /** Replaces the writes to standard output. */
  readonly write?: ExporterHost['write'];
}

/** Runs a command of the exporter in this process, and returns everything that it printed. */
export async function runCommandHere(
  command: (host: ExporterHost) => Promise<number>,
  { args, stdin = '', env = {}, write }: HostOptions,
): Promise<{ exitCode: number; out: string; err: string }> {
  const printed = { out: '', err: '' };
  const out = (text: string) => {
    printed.out += text;
  };
  const exitCode = await command({
    args,
    env,
    stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
    nodeVersion: 'v24.0.0',
    platform: 'linux',
    isTerminal: false,
    signals: { once() {}, on() {} },
    out,
    write: write ?? (async (bytes) => out(Buffer.from(bytes).toString('latin1'))),
    err: (text) => {
      printed.err += text;
    },
  });
  return { exitCode, ...printed };
}
