import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { DEMO, scenarioSchema } from './scenario.ts';
import { startUsageSimulator } from './simulator.ts';
import { STORY } from './story.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    // A name, or a file with a scenario in YAML or JSON.
    scenario: { type: 'string', default: 'demo' },
    speed: { type: 'string', default: '1' },
  },
});
const named = new Map([
  ['demo', DEMO],
  ['story', STORY],
]);
const scenario = named.get(values.scenario) ?? scenarioSchema.parse(parse(readFileSync(values.scenario, 'utf8')));
const simulator = await startUsageSimulator({
  port: z.coerce.number().int().min(0).max(65_535).parse(values.port),
  now: Date.now,
  scenario,
  speed: z.coerce.number().positive().parse(values.speed),
});
console.log(simulator.url);
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void simulator.close());
