import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pathOf } from '../../deploy/local/on-path.mjs';
import { PROMTOOL_3, runTool } from '../../rules/tests/run-tool.ts';
import { startBrowser } from './browser.ts';
import { pythonWithComponents } from './python-environment.ts';

/** A real program that tests use. */
export interface Component {
  readonly name: string;
  /** If it is missing, a run in CI fails. An optional component is only named. */
  readonly required: boolean;
  readonly found: { readonly version: string } | { readonly problem: string };
}

const run = promisify(execFile);

/** Looks for every component. The first call creates the Python environment. */
export async function takeInventory(): Promise<readonly Component[]> {
  return Promise.all([
    required('Prometheus', printedVersion('prometheus')),
    required('promtool', printedVersion('promtool')),
    required(
      'Alertmanager',
      printedVersion('prometheus-alertmanager').catch(() => printedVersion('alertmanager')),
    ),
    required('amtool', printedVersion('amtool')),
    required('Chromium', browserVersion()),
    optional('nginx', nginxVersion()),
    optional(
      'promtool of Prometheus 3',
      runTool(PROMTOOL_3, ['--version']).then(({ output }) => versionIn(PROMTOOL_3, output)),
    ),
    // In sequence: the first call creates the environment of both.
    ...(await pythonComponents()),
  ]);
}

export function isMissing({ required, found }: Component): boolean {
  return required && 'problem' in found;
}

/** Returns one line for each component, in columns. */
export function describeInventory(components: readonly Component[]): string {
  const width = Math.max(...components.map(({ name }) => name.length));
  const lines = components.map(({ name, required, found }) => {
    const kind = required ? 'required' : 'optional';
    return `  ${name.padEnd(width)}  ${kind}  ${'version' in found ? found.version : `MISSING: ${found.problem}`}`;
  });
  return ['Components', ...lines].join('\n');
}

function required(name: string, version: Promise<string>): Promise<Component> {
  return look(name, true, version);
}

function optional(name: string, version: Promise<string>): Promise<Component> {
  return look(name, false, version);
}

async function look(name: string, required: boolean, version: Promise<string>): Promise<Component> {
  const found = await version.then(
    (text) => ({ version: text }),
    (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
  );
  return { name, required, found };
}

async function pythonComponents(): Promise<Component[]> {
  const synapse = await required('Synapse', pythonVersion('matrix-synapse'));
  return [synapse, await required('matrix-nio', pythonVersion('matrix-nio'))];
}

/** The Prometheus tools print "NAME, version 1.2.3 (branch: …)", some to standard error. */
async function printedVersion(command: string): Promise<string> {
  const { stdout, stderr } = await run(command, ['--version']).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(`${command} is not on the PATH`) : error;
  });
  return versionIn(command, stdout + stderr);
}

function versionIn(command: string, output: string): string {
  const version = /version (\S+)/.exec(output)?.[1];
  if (version === undefined) throw new Error(`${command} prints no version.`);
  return version;
}

async function browserVersion(): Promise<string> {
  await using browser = await startBrowser();
  return browser.version();
}

/** It prints "nginx version: nginx/1.22.1", to standard error. */
async function nginxVersion(): Promise<string> {
  const path = pathOf('nginx');
  if (path === undefined) throw new Error('nginx is not on the PATH');
  const { stderr } = await run(path, ['-v']);
  return stderr.trim().replace(/^.*nginx\//, '');
}

async function pythonVersion(distribution: string): Promise<string> {
  const script = 'import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))';
  const { stdout } = await run(await pythonWithComponents(), ['-c', script, distribution]);
  return stdout.trim();
}
