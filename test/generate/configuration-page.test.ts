import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type ConfigurationKey, configurationKeys } from './configuration-keys.ts';
import { bridgeKeys, exporterKeys } from './configuration-page.ts';

/** The paths in a file, written as the documentation writes them. */
function pathsIn(value: unknown, documented: ReadonlySet<string>, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => pathsIn(entry, documented, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const named = path === '' ? key : `${path}.${key}`;
    if (documented.has(named)) return [named, ...pathsIn(inner, documented, named)];
    // A name of somebody's choice, or what a secret is written as.
    const isWhole = documented.has(path.replace(/\[\]$/, ''));
    if (isWhole && ![...documented].some((other) => other.startsWith(`${path}.`))) return [];
    const chosen = [...documented].some((other) => other.startsWith(`${path}.NAME`));
    return chosen ? pathsIn(inner, documented, `${path}.NAME`) : [named];
  });
}

describe.each<[string, () => ConfigurationKey[]]>([
  ['exporter', exporterKeys],
  ['bridge', bridgeKeys],
])('%s', (workspace, keys) => {
  const example = readFileSync(new URL(`../../${workspace}/config.example.yaml`, import.meta.url), 'utf8');

  test('every key of the example is documented', () => {
    const documented = new Set(keys().map(({ path }) => path));
    expect(pathsIn(parse(example), documented).filter((path) => !documented.has(path))).toEqual([]);
  });

  test('every documented key is in the example, if only in a comment', () => {
    const missing = keys().filter(({ path }) => !new RegExp(`\\b${path.split('.').at(-1)}:`).test(example));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
});

test('a key without a description is no key', () => {
  const schema = z.strictObject({ poll: z.strictObject({ interval: z.string() }).describe('Polling.') });
  expect(() => configurationKeys(schema)).toThrow('poll.interval has no description');
});

test('a key tells its form, its default and its meaning, whatever is wrapped around it', () => {
  const schema = z.strictObject({
    list: z
      .array(z.strictObject({ name: z.string().optional().describe('A name.') }))
      .default([])
      .describe('A list.'),
    wait: z.string().transform(Number).meta({ form: 'duration' }).prefault('5m').describe('A time.'),
    on: z.boolean().nullish().describe('A switch.'),
  });
  expect(configurationKeys(schema)).toEqual([
    { path: 'list', form: 'list: section', meaning: 'A list.', isSection: true },
    { path: 'list[].name', form: 'text', meaning: 'A name.', isSection: false },
    { path: 'wait', form: 'duration', default: '5m', meaning: 'A time.', isSection: false },
    { path: 'on', form: 'true or false', meaning: 'A switch.', isSection: false },
  ]);
});
