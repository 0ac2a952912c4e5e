import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAlertmanager } from './alertmanager.ts';
import { startOurProgram } from './our-programs.ts';
import { alertmanagerConfig, type PipelinePorts, prometheusConfig } from './pipeline-config.ts';
import type { Server } from './process.ts';
import { startPrometheus } from './prometheus.ts';

export interface PipelineOptions {
  readonly ports: PipelinePorts;
  /** The interpreter that runs the two programs. */
  readonly node: string;
  /** Holds all data and configuration; created if missing. */
  readonly directory: string;
  /** Holds the bridge's data; below `directory` by default. */
  readonly bridgeDirectory?: string;
  /** Arguments of the two programs besides addresses and storage: where their configuration is. */
  readonly exporterArgs: readonly string[];
  readonly bridgeArgs: readonly string[];
  /** Holds the token that Alertmanager sends to the bridge. */
  readonly tokenFile: string;
  readonly prometheus?: {
    readonly ruleFiles?: string[];
    readonly interval?: string;
    readonly args?: readonly string[];
  };
  readonly alertmanager?: { readonly groupWait?: string; readonly groupInterval?: string };
  /** Called right before a server takes its port. */
  readonly release?: (port: number) => Promise<void>;
  /** Receives what the bridge prints: messages, if it has no Matrix account. */
  readonly onMessage?: (text: string) => void;
  readonly onDeath?: (sentence: string) => void;
}

/** The two programs without anything between them. */
export interface Programs {
  readonly exporter: Server;
  readonly bridge: Server;
  stop(): Promise<void>;
}

export interface Pipeline extends Programs {
  readonly prometheus: Server;
  readonly alertmanager: Server;
}

/** Starts the built programs, and between them Prometheus and Alertmanager with the project's rules and routing. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  await using starting = new AsyncDisposableStack();
  const start = starterOf(options, starting);
  const bridge = await start.bridge();
  const alertmanager = await start.alertmanager();
  const exporter = await start.exporter();
  const prometheus = await start.prometheus();
  const running = starting.move();
  return { exporter, bridge, prometheus, alertmanager, stop: () => running.disposeAsync() };
}

/** Starts the built programs alone. */
export async function startPrograms(options: PipelineOptions): Promise<Programs> {
  await using starting = new AsyncDisposableStack();
  const start = starterOf(options, starting);
  const bridge = await start.bridge();
  const exporter = await start.exporter();
  const running = starting.move();
  return { exporter, bridge, stop: () => running.disposeAsync() };
}

function starterOf(options: PipelineOptions, starting: AsyncDisposableStack) {
  const { directory, ports, tokenFile, node, onDeath, onMessage } = options;
  const observer = onDeath ? { onDeath } : {};
  const start = async (port: number, server: () => Promise<Server>): Promise<Server> => {
    await options.release?.(port);
    const started = await server();
    starting.defer(() => started.stop());
    return started;
  };
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  return {
    bridge: () =>
      start(ports.bridge, () =>
        startOurProgram({
          workspace: 'bridge',
          node,
          port: ports.bridge,
          directory: options.bridgeDirectory ?? join(directory, 'bridge'),
          args: options.bridgeArgs,
          ...(onMessage ? { onOutput: onMessage } : {}),
          ...observer,
        }),
      ),
    exporter: () =>
      start(ports.exporter, () =>
        startOurProgram({
          workspace: 'exporter',
          node,
          port: ports.exporter,
          directory: join(directory, 'exporter'),
          args: options.exporterArgs,
          ...observer,
        }),
      ),
    alertmanager: () =>
      start(ports.alertmanager, () =>
        startAlertmanager({
          directory: join(directory, 'alertmanager'),
          configFile: write('alertmanager.yml', alertmanagerConfig(ports, tokenFile, options.alertmanager)),
          port: ports.alertmanager,
          ...observer,
        }),
      ),
    prometheus: () =>
      start(ports.prometheus, () =>
        startPrometheus({
          directory: join(directory, 'prometheus'),
          configFile: write('prometheus.yml', prometheusConfig(ports, options.prometheus)),
          port: ports.prometheus,
          // Links in messages are opened on this machine.
          args: [`--web.external-url=http://127.0.0.1:${ports.prometheus}`, ...(options.prometheus?.args ?? [])],
          ...observer,
        }),
      ),
  };
}
