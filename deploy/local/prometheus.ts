import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onFreePort } from './ports.ts';
import { type Server, startServer } from './process.ts';

export interface PrometheusOptions {
  /** Holds its data, which a second start continues to use; created if missing. */
  readonly directory: string;
  readonly configFile: string;
  /** Defaults to a free port. */
  readonly port?: number;
  /** Further command-line flags. */
  readonly args?: readonly string[];
  readonly onDeath?: (sentence: string) => void;
}

/** Starts Prometheus on loopback. */
export async function startPrometheus({
  directory,
  configFile,
  port,
  args = [],
  onDeath,
}: PrometheusOptions): Promise<Server> {
  const dataDirectory = join(directory, 'data');
  await mkdir(dataDirectory, { recursive: true });
  const startOn = (chosen: number): Promise<Server> =>
    startServer({
      name: 'Prometheus',
      commands: ['prometheus'],
      args: [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${dataDirectory}`,
        `--web.listen-address=127.0.0.1:${chosen}`,
        ...args,
      ],
      workingDirectory: directory,
      port: chosen,
      readyPath: '/-/ready',
      ...(onDeath ? { onDeath } : {}),
    });
  return port === undefined ? onFreePort(startOn) : startOn(port);
}
