import { formatDuration, parseDuration } from '@repo/common/duration';
import { isScalar, parseDocument, visit } from 'yaml';

export interface Mutant {
  /** Offset of the change in the file, and what stands there before and after. */
  readonly offset: number;
  readonly from: string;
  readonly to: string;
}

const MUTATED_KEYS = ['expr', 'for', 'keep_firing_for'];

/** Texts, names with their metric parts, numbers and durations, operators. Texts and names are left alone. */
const TOKEN = /"[^"]*"|\b(?:and|or|unless)\b|[A-Za-z_:][\w:]*|\d+(?:\.\d+)?(?:ms|[smhdwy])?\w*|>=|<=|==|!=|=~|[<>]/g;

const SWAPPED: Readonly<Record<string, readonly string[]>> = {
  '>=': ['>'],
  '<=': ['<'],
  '>': ['>='],
  '<': ['<='],
  '==': ['!='],
  '!=': ['=='],
  and: ['unless'],
  unless: ['and'],
  or: ['unless'],
  max: ['min'],
  min: ['max'],
};

/** Every change of one operator, number or duration in the expressions and waiting times of a rule file. */
export function mutantsOf(ruleYaml: string): Mutant[] {
  const mutants: Mutant[] = [];
  visit(parseDocument(ruleYaml), {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !MUTATED_KEYS.includes(String(key.value)) || !isScalar(value) || !value.range) return;
      const [start, end] = value.range;
      for (const { 0: token, index } of ruleYaml.slice(start, end).matchAll(TOKEN)) {
        for (const to of changesOf(token)) mutants.push({ offset: start + index, from: token, to });
      }
    },
  });
  return mutants;
}

function changesOf(token: string): readonly string[] {
  if (token in SWAPPED) return SWAPPED[token] ?? [];
  if (!/^\d/.test(token)) return [];
  const milliseconds = Number.isNaN(Number(token)) ? parseDuration(token) : undefined;
  if (milliseconds !== undefined) return [formatDuration(milliseconds * 1.4), formatDuration(milliseconds * 0.6)];
  const number = Number(token);
  return number === 0 ? ['1'] : [String(number * 1.5)];
}

export function applyMutant(ruleYaml: string, { offset, from, to }: Mutant): string {
  return ruleYaml.slice(0, offset) + to + ruleYaml.slice(offset + from.length);
}

/** The changed line, for people. */
export function describeMutant(ruleYaml: string, mutant: Mutant): string {
  const line = ruleYaml.slice(0, mutant.offset).split('\n').length;
  const text = ruleYaml.split('\n')[line - 1]?.trim() ?? '';
  return `line ${line}: ${mutant.from} → ${mutant.to}   in   ${text.slice(0, 160)}`;
}
