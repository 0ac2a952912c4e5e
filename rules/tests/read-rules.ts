import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { RULES_FOLDER } from './run-tool.ts';

export type RecordingRule = { record: string; expr: string };
export type AlertingRule = {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
};

export const RULE_FILES = globSync(['recording.yml', 'alerts/*.yml'], { cwd: RULES_FOLDER }).sort();

type RuleFile = { groups: { name: string; interval?: string; rules: (RecordingRule | AlertingRule)[] }[] };

/** Every group of every rule file. promtool checks their form, so it is not checked again here. */
export function readGroups(): RuleFile['groups'] {
  return RULE_FILES.flatMap((file) => (parse(readFileSync(join(RULES_FOLDER, file), 'utf8')) as RuleFile).groups);
}

export function readAlerts(): AlertingRule[] {
  return readGroups().flatMap((group) => group.rules.filter((rule) => 'alert' in rule));
}
