import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { EXPORTER_MAIN } from './exporter-process.ts';

export interface Finished {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs one of the exporter's commands to its end. */
export async function runExporterCommand(args: readonly string[], input = ''): Promise<Finished> {
  const child = spawn(process.execPath, [EXPORTER_MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [out, err, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode, out, err };
}
