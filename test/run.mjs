// `npm test`: sets up what is missing and runs every kind of test.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMissing, findPrograms } from '../deploy/local/programs/find-programs.mjs';
import { installPackages, TEST_PACKAGES } from '../deploy/local/programs/install-packages.mjs';
import { FOR_TESTS } from '../deploy/local/programs/needed-programs.mjs';
import { run, SetUpError } from '../deploy/local/run.mjs';
import { lockClone } from '../deploy/local/run-lock.mjs';
import { installDependencies, lockedNode, main, ROOT, withPath } from '../deploy/local/setup.mjs';

const HELP = `Usage: npm test [-- [--soak] [-- VITEST_ARGUMENTS]]

Sets up what is missing, without asking, and runs all tests: unit tests, rules tests, integration tests against the real
Prometheus, Alertmanager, Synapse and a browser, and end-to-end tests of the whole pipeline. Exits with 1 if a test fails
and, with CI=true, if a required component is missing. To run some of the tests: npm test -- -- synapse-nio -t 'a message'

Prometheus, Alertmanager and nginx are used from the PATH, else from their Debian packages, unpacked into .cache without
root. Synapse and matrix-nio are installed into a Python environment in .cache. Chromium and Python's venv are installed
with apt-get where the tests run as root. The list at the end names every component that is missing.

  --soak      run the long tests instead
  --help      print this help
`;

await main(async () => {
  const flags = parseFlags();
  if (!flags) return 2;
  if (flags.values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const lock = lockClone(ROOT, 'npm test');
  await installDependencies();
  const node = lockedNode();
  const path = await prepareComponents();
  const args = [join(ROOT, 'test', 'run-all.ts'), ...(flags.values.soak ? ['--soak'] : []), '--', ...flags.positionals];
  return run(node, args, { env: withPath(path), stdio: ['ignore', 'inherit', 'inherit', 'ignore', lock ?? 'ignore'] });
});

function parseFlags() {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  try {
    return parseArgs({ options: { help: flag, soak: flag }, allowPositionals: true });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nRun npm test -- --help for the flags.`);
    return undefined;
  }
}

/** Returns the directories of unpacked programs. Tests that do not need what is missing run all the same. */
async function prepareComponents() {
  const { path, missing } = await findPrograms(FOR_TESTS, join(ROOT, '.cache'));
  if (missing.length > 0) console.error(describeMissing(missing));
  try {
    await installPackages(TEST_PACKAGES);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
  }
  return path;
}
