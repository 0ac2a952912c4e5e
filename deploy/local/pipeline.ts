import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { PipelinePorts } from './pipeline-config.ts';
import { startPipeline } from './pipeline-servers.ts';
import { preferPort } from './ports.ts';
import { DEMO } from './usage-simulator/scenario.ts';
import { startUsageSimulator } from './usage-simulator/simulator.ts';

const STATE = fileURLToPath(new URL('../../.cache/local/', import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  /** Use the simulated account even if there is a login. */
  readonly demo: boolean;
  readonly env: Environment;
  /** The interpreter that runs our programs. */
  readonly node: string;
  readonly print: (text: string) => void;
  readonly signals: { on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown };
}

/**
 * What `npm start` runs once everything is installed and built: the pipeline, until Ctrl-C.
 * @throws Error when a part of it can't start or ends by itself
 */
export async function runPipeline({ demo, env, node, print, signals }: RunOptions): Promise<void> {
  // The first signal ends the run; those that a terminal and npm send besides change nothing.
  const { promise: signalled, resolve: onSignal } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) signals.on(signal, () => onSignal());
  const { promise: died, reject: onDeath } = Promise.withResolvers<never>();
  died.catch(() => {});

  await using running = new AsyncDisposableStack();
  const isDemo = demo || !hasLogin(env);
  const directory = join(STATE, isDemo ? 'demo' : 'state');
  // A demonstration begins anew each time: what has been told once would not be told again.
  if (isDemo) rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const tokenFile = writePrivately(directory, 'webhook_token', randomBytes(24).toString('base64url'));
  const ports: PipelinePorts = {
    exporter: await preferPort(10_085),
    bridge: await preferPort(10_086),
    prometheus: await preferPort(9090),
    alertmanager: await preferPort(9093),
  };
  const exporterArgs = isDemo ? [`--config.file=${await demoAccount(directory, running)}`] : [];
  const bridgeConfig = writePrivately(
    directory,
    'bridge.yaml',
    stringify(bridgeConfiguration(directory, tokenFile, env)),
  );
  const pipeline = await startPipeline({
    ports,
    node,
    directory,
    exporterArgs,
    bridgeArgs: [`--config.file=${bridgeConfig}`],
    tokenFile,
    onMessage: (text) => print(`\n${text}`),
    onDeath: (sentence) => onDeath(new Error(sentence)),
  });
  running.defer(() => pipeline.stop());

  print(describe(ports, isDemo));
  await Promise.race([signalled, died]);
  print('\nStopping.\n');
}

function hasLogin(env: Environment): boolean {
  const directory = env.CLAUDE_CONFIG_DIR ?? env.CLAUDE_PATH ?? join(homedir(), '.claude');
  return existsSync(join(directory, '.credentials.json')) || env.CLAUDE_USAGE_CONFIG !== undefined;
}

/** Starts the simulated account; returns the exporter's configuration for it. */
async function demoAccount(directory: string, running: AsyncDisposableStack): Promise<string> {
  const simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario: DEMO, speed: 1 });
  running.defer(() => simulator.close());
  const accounts = [{ name: 'demo', credentials: { access_token: 'token-demo' }, endpoint: simulator.url }];
  return writePrivately(directory, 'exporter.yaml', stringify({ accounts, poll: { interval: '5s' } }));
}

/** The room comes from the environment, as the bridge's own documentation says; the token is of this run. */
function bridgeConfiguration(directory: string, tokenFile: string, env: Environment): Record<string, unknown> {
  const webhook = { bearer_tokens: [{ file: tokenFile }] };
  const credentials = env.MATRIX_CREDENTIALS_DIR;
  if (credentials === undefined || existsSync(join(credentials, 'storage_key'))) return { webhook };
  const storageKey = join(directory, 'storage_key');
  if (!existsSync(storageKey)) writePrivately(directory, 'storage_key', randomBytes(32).toString('base64'));
  return { webhook, matrix: { credentials_dir: credentials, storage_key: { file: storageKey } } };
}

function writePrivately(directory: string, name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function describe(ports: PipelinePorts, isDemo: boolean): string {
  const url = (port: number, path = '/') => `http://127.0.0.1:${port}${path}`;
  return `
The pipeline is up${isDemo ? ', with a simulated account: demo' : ''}.

  Status page    ${url(ports.exporter)}
  Metrics        ${url(ports.exporter, '/metrics')}
  Prometheus     ${url(ports.prometheus, '/alerts')}
  Alertmanager   ${url(ports.alertmanager)}
  Bridge         ${url(ports.bridge)}
${isDemo ? '\nThe first alert arrives within two minutes.' : ''}
Ctrl-C stops it.
`;
}
