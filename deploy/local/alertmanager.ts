import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onFreePort } from './ports.ts';
import { type Server, startServer } from './process.ts';

export interface AlertmanagerOptions {
  /** Holds its silences and notification log; created if missing. */
  readonly directory: string;
  readonly configFile: string;
  /** Defaults to a free port. */
  readonly port?: number;
  /** Further command-line flags. */
  readonly args?: readonly string[];
  readonly onDeath?: (sentence: string) => void;
}

/** Starts Alertmanager on loopback, without a cluster. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Server> {
  const { directory, configFile, port, args = [], onDeath } = options;
  const dataDirectory = join(directory, 'data');
  await mkdir(dataDirectory, { recursive: true });
  const startOn = (chosen: number): Promise<Server> =>
    startServer({
      name: 'Alertmanager',
      // Debian's name first, then that of the upstream release.
      commands: ['prometheus-alertmanager', 'alertmanager'],
      args: [
        `--config.file=${configFile}`,
        `--storage.path=${dataDirectory}`,
        `--web.listen-address=127.0.0.1:${chosen}`,
        '--cluster.listen-address=',
        // Must exceed the longest repeat interval of the routing, otherwise notifications are repeated.
        '--data.retention=240h',
        ...args,
      ],
      workingDirectory: directory,
      port: chosen,
      readyPath: '/-/ready',
      ...(onDeath ? { onDeath } : {}),
    });
  return port === undefined ? onFreePort(startOn) : startOn(port);
}
