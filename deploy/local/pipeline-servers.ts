import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAlertmanager } from './alertmanager.ts';
import { alertmanagerConfig, type PipelinePorts, prometheusConfig } from './pipeline-config.ts';
import { type Server, startServer } from './process.ts';
import { startPrometheus } from './prometheus.ts';

export interface PipelineOptions {
  readonly ports: PipelinePorts;
  /** The interpreter that runs our programs. */
  readonly node: string;
  /** Holds all state and all configuration; created if missing. */
  readonly directory: string;
  /** Arguments of our two programs besides addresses and storage: where their configuration is. */
  readonly exporterArgs: readonly string[];
  readonly bridgeArgs: readonly string[];
  /** Holds the token that Alertmanager shows to the bridge. */
  readonly tokenFile: string;
  readonly prometheus?: {
    readonly ruleFiles?: string[];
    readonly interval?: string;
    readonly args?: readonly string[];
  };
  readonly alertmanager?: { readonly groupWait?: string; readonly groupInterval?: string };
  /** Receives what the bridge prints: messages, when it has no Matrix account. */
  readonly onMessage?: (text: string) => void;
  readonly onDeath?: (sentence: string) => void;
}

export interface Pipeline {
  readonly exporter: Server;
  readonly bridge: Server;
  readonly prometheus: Server;
  readonly alertmanager: Server;
  stop(): Promise<void>;
}

/** Starts the built programs, and Prometheus and Alertmanager with our rules and routing between them. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { directory, ports, tokenFile, onDeath } = options;
  await using starting = new AsyncDisposableStack();
  const inOrder = async (server: Promise<Server>): Promise<Server> => {
    const started = await server;
    starting.defer(() => started.stop());
    return started;
  };
  const observer = onDeath ? { onDeath } : {};
  const program = (workspace: string, name: string, port: number, args: readonly string[]) => {
    const storage = join(directory, workspace);
    mkdirSync(storage, { recursive: true });
    return startServer({
      name,
      commands: [options.node],
      args: [
        fileURLToPath(new URL(`../../${workspace}/dist/main.js`, import.meta.url)),
        ...args,
        `--storage.path=${join(storage, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      workingDirectory: storage,
      port,
      readyPath: '/-/healthy',
      ...(workspace === 'bridge' && options.onMessage ? { onOutput: options.onMessage } : {}),
      ...observer,
    });
  };
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, text);
    return file;
  };

  const bridge = await inOrder(program('bridge', 'The bridge', ports.bridge, options.bridgeArgs));
  const alertmanager = await inOrder(
    startAlertmanager({
      directory: join(directory, 'alertmanager'),
      configFile: write('alertmanager.yml', alertmanagerConfig(ports, tokenFile, options.alertmanager)),
      port: ports.alertmanager,
      ...observer,
    }),
  );
  const exporter = await inOrder(program('exporter', 'The exporter', ports.exporter, options.exporterArgs));
  const prometheus = await inOrder(
    startPrometheus({
      directory: join(directory, 'prometheus'),
      configFile: write('prometheus.yml', prometheusConfig(ports, options.prometheus)),
      port: ports.prometheus,
      // Its links are for whoever reads the messages on this machine.
      args: [`--web.external-url=http://127.0.0.1:${ports.prometheus}`, ...(options.prometheus?.args ?? [])],
      ...observer,
    }),
  );
  const running = starting.move();
  return { exporter, bridge, prometheus, alertmanager, stop: () => running.disposeAsync() };
}
