// `npm test`: sets up what is missing, runs every kind of test, and closes with what was there and how it went.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import {
  alertmanager,
  chromium,
  ensureDebianPackages,
  isOnPath,
  prometheus,
} from '../deploy/local/debian-packages.mjs';
import { installDependencies, main, runUnderLockedNode, SetUpError } from '../deploy/local/setup.mjs';

const HELP = `Usage: npm test [-- [--soak] [-- VITEST_ARGUMENTS]]

Installs what is missing (without asking) and runs the unit tests, the rules' tests, those against a real Prometheus,
Alertmanager, Synapse and browser, and those of the whole pipeline. Exit code 1 if one fails; with CI=true also if a required
component is missing. To run some of them: npm test -- -- synapse-nio -t 'a message'

  --soak      run the long tests instead
  --help      print this
`;

/** Its \`venv\` makes the environment of Synapse and matrix-nio; virtualenv will do as well. */
const pythonVenv = {
  title: "Python's venv",
  name: 'python3-venv',
  isPresent: () => isOnPath('virtualenv') || spawnSync('python3', ['-c', 'import ensurepip, venv']).status === 0,
};

/** For the gate's example of it. */
const nginx = { title: 'nginx', name: 'nginx', isPresent: () => isOnPath('nginx') };

await main(async () => {
  const flags = parseFlags();
  if (!flags) return 2;
  if (flags.values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  await installDependencies();
  const exitCode = await runUnderLockedNode(import.meta.url);
  if (exitCode !== undefined) return exitCode;
  await prepareComponents();

  const { runProjects } = await import('./run-projects.ts');
  const { describeInventory, isMissing, takeInventory } = await import('./components/inventory.ts');
  const { describeTally, sum } = await import('./tally.ts');
  console.log('Looking for the components, and installing Synapse and matrix-nio if this is the first time …');
  const components = await takeInventory();
  const projects = flags.values.soak ? ['soak'] : ['unit', 'rules', 'integration', 'e2e'];
  const total = sum(await runProjects(projects, flags.positionals));

  console.log(`\n${describeInventory(components)}`);
  const incomplete = process.env.CI === 'true' && components.some(isMissing);
  if (incomplete) console.log('A required component is missing: with CI=true the run has failed.');
  if (total.passed + total.failed === 0) console.log('No test ran.');
  console.log(describeTally(total));
  return incomplete || total.failed > 0 || total.passed === 0 ? 1 : 0;
});

function parseFlags() {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  try {
    return parseArgs({ options: { help: flag, soak: flag }, allowPositionals: true });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nRun npm test -- --help to see what there is.`);
    return undefined;
  }
}

/** Components that cannot be installed are named in the closing list; the tests that do not need them still run. */
async function prepareComponents() {
  try {
    await ensureDebianPackages([prometheus, alertmanager, pythonVenv, chromium, nginx], {
      assumeYes: true,
      yesCommand: 'npm test',
    });
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
  }
}
