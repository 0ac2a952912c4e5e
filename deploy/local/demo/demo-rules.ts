import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, isSeq, parseDocument } from 'yaml';
import { compressRules } from './compress-rules.ts';

const RULES = fileURLToPath(new URL('../../../rules', import.meta.url));
/** One minute of a rule is one second of the demo. */
const COMPRESSION = 60;
/** They measure how fast a window fills, and the demo fills it in minutes in place of days. */
const MEANINGLESS = ['ClaudeUsageBurnFast', 'ClaudeUsageLinearExhaustion'];

/** Writes the project's rules with shorter waiting times into `target` and returns the files. */
export function writeDemoRules(target: string): string[] {
  const alerts = readdirSync(join(RULES, 'alerts')).map((name) => join('alerts', name));
  mkdirSync(join(target, 'alerts'), { recursive: true });
  return ['recording.yml', ...alerts].map((name) => {
    const file = join(target, name);
    writeFileSync(file, demoRules(readFileSync(join(RULES, name), 'utf8')));
    return file;
  });
}

export function demoRules(text: string): string {
  const document = parseDocument(compressRules(text, COMPRESSION));
  const groups = document.get('groups');
  if (!isSeq(groups)) return String(document);
  for (const group of groups.items) {
    const rules = isMap(group) ? group.get('rules') : undefined;
    if (!isSeq(rules)) continue;
    rules.items = rules.items.filter((rule) => !(isMap(rule) && MEANINGLESS.includes(String(rule.get('alert')))));
  }
  return String(document);
}
