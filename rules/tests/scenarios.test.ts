import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { randomCourse } from './random/course.ts';
import { promtoolCourse } from './random/promtool-course.ts';
import { isInstalled, PROMTOOL_3, RULES_FOLDER, runTool } from './run-tool.ts';
import { promtoolTests } from './scenario.ts';
import { ALL_SCENARIOS } from './scenarios/all.ts';

const SEEDS = 12;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scenarios-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

// Range selectors are open on the left since Prometheus 3, and templates changed.
describe.each(['promtool', PROMTOOL_3] as const)('%s', (promtool) => {
  const installed = isInstalled(promtool);
  const run = async (file: string) => {
    const { exitCode, output } = await runTool(promtool, ['test', 'rules', file]);
    expect(exitCode, output).toBe(0);
  };

  test.skipIf(!installed).each(globSync('tests/*.test.yml', { cwd: RULES_FOLDER }).sort())('%s', run, 120_000);

  test.skipIf(!installed).each(promtoolTests(ALL_SCENARIOS, RULES_FOLDER).map((each, index) => ({ ...each, index })))(
    'the scenarios of $file ($index)',
    async ({ text, index }) => {
      const file = join(folder, `${promtool}-${index}.yml`);
      writeFileSync(file, text);
      await run(file);
    },
    240_000,
  );

  test.skipIf(!installed)(
    `tells every threshold and every move of ${SEEDS} random courses once`,
    async () => {
      const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
      const file = join(folder, `${promtool}-random.yml`);
      const files = ['recording.yml', 'alerts/thresholds.yml', 'alerts/resets.yml'];
      writeFileSync(
        file,
        stringify({
          rule_files: files.map((name) => join(RULES_FOLDER, name)),
          evaluation_interval: '1m',
          group_eval_order: [
            'claude-usage.windows',
            'claude-usage.pace',
            'claude-usage.thresholds',
            'claude-usage.resets',
          ],
          tests: seeds.map((seed) => promtoolCourse(seed, randomCourse(seed), seed % 3 !== 0)),
        }),
      );
      await run(file);
    },
    300_000,
  );
});
