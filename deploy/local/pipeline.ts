import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { credentialsDirectory } from '../../bridge/src/matrix/account-config.ts';
import { writeBridgeConfig, writePrivately } from './bridge-config.ts';
import { prepareDemo } from './demo/demo.ts';
import { ALERTMANAGER_PAGES, firstPageThatOpens, type Link, PROMETHEUS_PAGES } from './links.ts';
import { findAccounts, type LoginMachine } from './login.ts';
import { reservePorts } from './pipeline-ports.ts';
import {
  type Pipeline,
  type PipelineOptions,
  type Programs,
  startPipeline,
  startPrograms,
} from './pipeline-servers.ts';
import { watchPolls } from './poll-watch.ts';
import { writeRules } from './rule-files.ts';
import { lockDirectory } from './run-lock.mjs';
import { prepareState, stateDirectories } from './state-directories.ts';
import { describeRun } from './summary.ts';

export interface RunOptions {
  /** Use the simulated account even if there is a login. */
  readonly demo: boolean;
  /** False if Prometheus or Alertmanager is missing. */
  readonly hasPrometheus: boolean;
  /** Holds the data of all runs. */
  readonly state: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly machine: LoginMachine;
  /** The interpreter that runs the two programs. */
  readonly node: string;
  readonly print: (text: string) => void;
  /** Aborts when the run is to end. */
  readonly stopping: AbortSignal;
}

/**
 * Runs the pipeline until `stopping` aborts.
 * @throws Error if a part cannot start or ends unexpectedly
 */
export async function runPipeline(options: RunOptions): Promise<void> {
  const { env, node, print, hasPrometheus, stopping } = options;
  await using running = new AsyncDisposableStack();
  const { promise: died, reject: onDeath } = Promise.withResolvers<never>();
  died.catch(() => {});

  const login = options.demo ? undefined : findAccounts(env, options.machine);
  const matrix = credentialsDirectory({ env });
  if (matrix !== undefined) assertUnusedDevice(matrix);
  const needs = { isDemo: login === undefined, hasMatrixDevice: matrix !== undefined };
  const directories = stateDirectories(options.state, needs);
  prepareState(directories, needs);
  const reserved = running.use(await reservePorts());
  const { ports } = reserved;
  const demo = needs.isDemo
    ? await prepareDemo({ directory: directories.pipeline, ports, hasPrometheus, print, running })
    : undefined;
  const tokenFile = writePrivately(directories.pipeline, 'webhook_token', randomBytes(24).toString('base64url'));
  const bridgeConfig = writeBridgeConfig({ directory: directories.bridge, tokenFile, credentialsDirectory: matrix });
  const exporterUrl = `http://127.0.0.1:${ports.exporter}/`;
  const ruleFiles = writeRules(join(directories.pipeline, 'rules'), exporterUrl, demo?.changeRules);
  if (stopping.aborted) return;

  print('Starting the pipeline …\n');
  const programs = await start(hasPrometheus, {
    ports,
    node,
    directory: directories.pipeline,
    bridgeDirectory: directories.bridge,
    exporterArgs: demo?.exporterArgs ?? [],
    bridgeArgs: [`--config.file=${bridgeConfig}`],
    tokenFile,
    release: reserved.release,
    onMessage: (text) => print(`\n${text}`),
    onDeath: (sentence) => onDeath(new Error(sentence)),
    ...demo?.pipelineOptions,
    prometheus: { ...demo?.pipelineOptions.prometheus, ruleFiles },
  });
  running.defer(() => programs.stop());
  const replacements = reserved.replacements.filter(({ name }) => name in programs).map(({ sentence }) => sentence);
  if (replacements.length > 0) print(`\n${replacements.join('\n')}\n`);
  print(
    describeRun({
      accounts: login ?? 'a simulated account: demo',
      isDemo: needs.isDemo,
      hasAlerts: hasPrometheus,
      matrixRoom: matrix === undefined ? undefined : (env.MATRIX_ROOM_ID ?? 'of its configuration'),
      links: await linksTo(programs),
    }),
  );
  await Promise.race([untilAborted(stopping), died, watchPolls(programs.exporter.url, print, stopping)]);
  print('\nStopping.\n');
}

/**
 * Locks the directory of the Matrix device until this process ends.
 * @throws Error if another run uses the device, because two key stores of one device break its encryption
 */
function assertUnusedDevice(directory: string): void {
  if (lockDirectory(directory).state !== 'busy') return;
  throw new Error(`Another npm start uses the Matrix device in ${directory}. Stop it first, or use another device.`);
}

function start(hasPrometheus: boolean, options: PipelineOptions): Promise<Programs & Partial<Pipeline>> {
  return hasPrometheus ? startPipeline(options) : startPrograms(options);
}

async function linksTo({ exporter, bridge, prometheus, alertmanager }: Programs & Partial<Pipeline>): Promise<Link[]> {
  const pages: [string, string | undefined][] = [
    ['Status page', `${exporter.url}/`],
    ['Metrics', `${exporter.url}/metrics`],
    ['Prometheus', prometheus && (await firstPageThatOpens(prometheus.url, PROMETHEUS_PAGES))],
    ['Alertmanager', alertmanager && (await firstPageThatOpens(alertmanager.url, ALERTMANAGER_PAGES))],
    ['Bridge', `${bridge.url}/`],
  ];
  return pages.flatMap(([title, url]) => (url === undefined ? [] : [{ title, url }]));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve());
  return promise;
}
