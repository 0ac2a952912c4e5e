import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@repo/common/config';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adviceFor } from '../account/routing-policy.ts';
import { tierSchema } from './tier-config.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tier-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (text: string) => parseConfig(tierSchema({ directory, env: { HOME: '/home/me' } }), text, 'config');

test('thresholds, files and its own policy', () => {
  writeFileSync(
    join(directory, 'policy.yaml'),
    'fallbacks: [local]\ntask_classes: {chat: {green: [primary], yellow: [primary], orange: [haiku], red: []}}',
  );
  const { thresholds, files, policy } = load(
    '{yellow: 40, red: 90.5, policy_file: policy.yaml, files: {work: ~/w.json}}',
  );
  expect(thresholds).toEqual({ yellow: 40, orange: 70, red: 90.5 });
  expect(files).toEqual({ work: '/home/me/w.json' });
  expect(adviceFor(policy, 'orange')).toEqual({ chat: ['haiku', 'local'] });
});

test.each([
  ['{yellow: 70}', 'must increase from yellow (70) to orange (70) to red (85)'],
  ['{orange: 86}', 'must increase from yellow (50) to orange (86) to red (85)'],
  ['{yellow: 0}', 'yellow: 0 must be above 0'],
  ['{red: 101}', 'red: 101 must not be above 100'],
  ['{red: "85"}', 'red: "85" must be a percentage like 70'],
  ['{files: [a.json]}', 'files: must be a section of paths by account'],
])('%s is refused', (text, problem) => {
  expect(() => load(text)).toThrow(`config: 1 problem\n  ${problem}`);
});

test('every problem of a policy file is told with its place in the file', () => {
  const path = join(directory, 'policy.yaml');
  expect(() => load('policy_file: policy.yaml')).toThrow(`the file ${path} cannot be read (ENOENT)`);
  writeFileSync(path, 'fallbacks: []\nclasses: {}');
  for (const problem of [
    `in ${path}: fallbacks: must not be empty, because work would stop without a fallback`,
    `in ${path}: task_classes: is missing; it must be a section of task classes`,
    `in ${path}: classes: is an unknown key; known here: fallbacks, task_classes`,
  ]) {
    expect(() => load('policy_file: policy.yaml')).toThrow(problem);
  }
  writeFileSync(path, 'fallbacks: [a\n');
  expect(() => load('policy_file: policy.yaml')).toThrow(`in ${path}: line `);
});
