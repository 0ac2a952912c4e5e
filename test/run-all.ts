// The second step of `npm test`, under the Node of the lock file: runs the tests and prints what they ran on.
import { parseArgs } from 'node:util';
import { describeInventory, isMissing, takeInventory } from './components/inventory.ts';
import { runProjects } from './run-projects.ts';
import { describeTally, sum } from './tally.ts';

const { values, positionals } = parseArgs({
  options: { soak: { type: 'boolean', default: false } },
  allowPositionals: true,
});

console.log('Looking for the components; the first run installs Synapse and matrix-nio …');
const components = await takeInventory();
const projects = values.soak ? ['soak'] : ['unit', 'rules', 'integration', 'e2e'];
const total = sum(await runProjects(projects, positionals));

console.log(`\n${describeInventory(components)}`);
const isIncomplete = process.env.CI === 'true' && components.some(isMissing);
if (isIncomplete) console.log('The run has failed: CI=true, and a required component is missing.');
if (total.passed + total.failed === 0) console.log('No test ran.');
console.log(describeTally(total));
process.exitCode = isIncomplete || total.failed > 0 || total.passed === 0 ? 1 : 0;
