// `npm run test:rules:mutate [-- FILE…]`: changes one operator, number or duration of the rules at a time. A change that no
// test notices is a survivor, and fails the run. Takes a while: with one core, about an hour for all files.
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { RULE_FILES } from '../tests/read-rules.ts';
import { RULES_FOLDER, runTool } from '../tests/run-tool.ts';
import { promtoolTests } from '../tests/scenario.ts';
import { ALL_SCENARIOS } from '../tests/scenarios/all.ts';
import { EQUIVALENT } from './equivalent.ts';
import { applyMutant, describeMutant, type Mutant, mutantsOf } from './mutants.ts';

const files = process.argv.length > 2 ? process.argv.slice(2) : RULE_FILES;
const survivors: string[] = [];
let total = 0;

for (const file of files) {
  const text = readFileSync(join(RULES_FOLDER, file), 'utf8');
  const queue = mutantsOf(text);
  total += queue.length;
  console.log(`${file}: ${queue.length} mutants`);
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let mutant = queue.pop(); mutant; mutant = queue.pop()) await judge(file, text, mutant);
  });
  await Promise.all(workers);
}

console.log(`${total - survivors.length} of ${total} mutants are caught`);
for (const survivor of survivors) console.log(`SURVIVES  ${survivor}`);
process.exitCode = survivors.length > 0 ? 1 : 0;

async function judge(file: string, text: string, mutant: Mutant): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
  try {
    cpSync(RULES_FOLDER, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
    writeFileSync(join(folder, file), applyMutant(text, mutant));
    // Not every change is PromQL.
    if ((await runTool('promtool', ['check', 'rules', file], folder)).exitCode !== 0) return;
    for (const test of testsOf(file, folder)) {
      if ((await runTool('promtool', ['test', 'rules', test], folder)).exitCode !== 0) return;
    }
    const description = `${file} ${describeMutant(text, mutant)}`;
    if (!EQUIVALENT.some((known) => description.includes(known))) survivors.push(description);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The tests that read the file, the quick ones first. */
function testsOf(file: string, folder: string): string[] {
  const written = globSync('tests/*.test.yml', { cwd: folder }).filter((test) =>
    readFileSync(join(folder, test), 'utf8').includes(`../${file}`),
  );
  const generated = promtoolTests(ALL_SCENARIOS, '.').flatMap((test, index) => {
    if (!test.text.includes(`./${file}\n`)) return [];
    const name = `scenarios-${index}.yml`;
    writeFileSync(join(folder, name), test.text);
    return [name];
  });
  return file === 'recording.yml' ? [...written, ...generated] : [...generated, ...written];
}
