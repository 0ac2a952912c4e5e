import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Server, startServer } from './process.ts';

export interface OurProgramOptions {
  readonly workspace: 'exporter' | 'bridge';
  /** The interpreter. */
  readonly node: string;
  readonly port: number;
  /** Holds its data; created if missing. */
  readonly directory: string;
  /** Further arguments. */
  readonly args: readonly string[];
  /** Receives its standard output. */
  readonly onOutput?: (text: string) => void;
  readonly onDeath?: (sentence: string) => void;
}

/** Starts one of the two built programs. */
export function startOurProgram(options: OurProgramOptions): Promise<Server> {
  const { workspace, node, port, directory, args, onOutput, onDeath } = options;
  mkdirSync(directory, { recursive: true });
  return startServer({
    name: `The ${workspace}`,
    commands: [node],
    args: [
      fileURLToPath(new URL(`../../${workspace}/dist/main.js`, import.meta.url)),
      ...args,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    workingDirectory: directory,
    port,
    readyPath: '/-/healthy',
    ...(onOutput ? { onOutput } : {}),
    ...(onDeath ? { onDeath } : {}),
  });
}
