import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../deploy/local/run.mjs';
import { type Tally, tally } from './tally.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** Runs projects of vitest.config.ts in sequence: tests that start real servers should have the machine to themselves. */
export async function runProjects(projects: readonly string[], vitestArgs: readonly string[]): Promise<Tally[]> {
  const reports = await mkdtemp(join(tmpdir(), 'test-reports-'));
  try {
    const tallies: Tally[] = [];
    for (const project of projects) {
      tallies.push(await runProject(project, vitestArgs, join(reports, `${project}.json`)));
    }
    return tallies;
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
}

async function runProject(project: string, vitestArgs: readonly string[], reportFile: string): Promise<Tally> {
  const mayBeEmpty = vitestArgs.length > 0;
  console.log(`\n── ${project} ──`);
  const exitCode = await run(
    process.execPath,
    [
      vitest,
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...(mayBeEmpty ? ['--passWithNoTests'] : []),
      ...vitestArgs,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const report = await readFile(reportFile, 'utf8').catch(() => undefined);
  return tally({ report, exitCode, mayBeEmpty });
}
