import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pythonWithComponents } from './python-environment.ts';

/** A real program that tests run against. */
export interface Component {
  readonly name: string;
  /** Without it a run in CI fails; an optional one is only named. */
  readonly required: boolean;
  /** Undefined when it is not there. */
  readonly version: string | undefined;
}

const run = promisify(execFile);

/** Looks for every component that the tests use. */
export async function takeInventory(): Promise<readonly Component[]> {
  const component = async (name: string, version: Promise<string>): Promise<Component> => ({
    name,
    required: true,
    version: await version.catch(() => undefined),
  });
  return Promise.all([
    component('Prometheus', printedVersion('prometheus')),
    component('promtool', printedVersion('promtool')),
    component(
      'Alertmanager',
      printedVersion('prometheus-alertmanager').catch(() => printedVersion('alertmanager')),
    ),
    component('amtool', printedVersion('amtool')),
    component('Synapse', pythonVersion('matrix-synapse')),
    component('matrix-nio', pythonVersion('matrix-nio')),
  ]);
}

export function isMissing({ required, version }: Component): boolean {
  return required && version === undefined;
}

/** One line for each component, in columns. */
export function describeInventory(components: readonly Component[]): string {
  const width = Math.max(...components.map(({ name }) => name.length));
  const lines = components.map(({ name, version, required }) => {
    const kind = required ? 'required' : 'optional';
    return `  ${name.padEnd(width)}  ${kind}  ${version ?? 'MISSING'}`;
  });
  return ['Components', ...lines].join('\n');
}

/** The tools of Prometheus print "NAME, version 1.2.3 (branch: …)", some to standard error. */
async function printedVersion(command: string): Promise<string> {
  const { stdout, stderr } = await run(command, ['--version']);
  const version = /version (\S+)/.exec(stdout + stderr)?.[1];
  if (version === undefined) throw new Error(`${command} prints no version.`);
  return version;
}

async function pythonVersion(distribution: string): Promise<string> {
  const script = 'import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))';
  const { stdout } = await run(await pythonWithComponents(), ['-c', script, distribution]);
  return stdout.trim();
}
