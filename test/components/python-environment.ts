import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const requirementsFile = fileURLToPath(new URL('requirements.txt', import.meta.url));
const environments = fileURLToPath(new URL('../../.cache/python', import.meta.url));

/**
 * Path of a Python that has Synapse and matrix-nio. The first call for a set of requirements installs them, which
 * takes about half a minute.
 */
export async function pythonWithComponents(): Promise<string> {
  const requirements = await readFile(requirementsFile);
  const key = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const environment = join(environments, key);
  const python = join(environment, 'bin', 'python');
  if (await runs(python)) return python;
  await rm(environment, { recursive: true, force: true });
  await createEnvironment(environment);
  return python;
}

/** The environment gets its name only when it is complete, so that an interrupted installation does not count. */
async function createEnvironment(environment: string): Promise<void> {
  await mkdir(dirname(environment), { recursive: true });
  const unfinished = await mkdtemp(`${environment}-unfinished-`);
  try {
    await createVirtualEnvironment(unfinished);
    const python = join(unfinished, 'bin', 'python');
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirementsFile]);
    await rename(unfinished, environment);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another run may have finished the same environment first.
    if (await runs(join(environment, 'bin', 'python'))) return;
    const reason = String(error).trimEnd().split('\n').at(-1);
    throw new Error(`Synapse and matrix-nio could not be installed: ${reason}`, { cause: error });
  }
}

/** Debian has `venv` in a separate package; `virtualenv` does the same if it is missing. */
async function createVirtualEnvironment(directory: string): Promise<void> {
  try {
    await run('python3', ['-m', 'venv', directory]);
  } catch (venvError) {
    await run('virtualenv', ['--quiet', directory]).catch(() => {
      throw venvError;
    });
  }
}

/** False also for an environment whose base Python is gone. */
async function runs(python: string): Promise<boolean> {
  try {
    await access(python);
    await run(python, ['-c', '']);
    return true;
  } catch {
    return false;
  }
}
