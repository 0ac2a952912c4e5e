import { isMap, isSeq, parseDocument } from 'yaml';
import { compressRules } from './compress-rules.ts';

/** One minute of a rule is one second of the demo. */
const COMPRESSION = 60;
/** They measure how fast a window fills, and the demo fills it in minutes in place of days. */
const MEANINGLESS = ['ClaudeUsageBurnFast', 'ClaudeUsageLinearExhaustion'];

/** Returns a rule file with the demo's waiting times. */
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
