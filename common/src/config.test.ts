import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  ConfigError,
  durationSchema,
  parseConfig,
  parseValidSections,
  pathSchema,
  secretSchema,
  section,
} from './config.ts';

const context = { directory: '/etc/program', env: { HOME: '/home/me', TOKEN: 'from-env' } };

const schema = section({
  account: section({
    name: z.string(),
    token: secretSchema(context).optional(),
    home: pathSchema(context).optional(),
  }).optional(),
  every: durationSchema({ atLeast: '30s', atMost: '2h' }).default(60_000),
  count: z.number().int().min(1).max(9).default(1),
  mode: z.enum(['fast', 'slow']).default('fast'),
  verbose: z.boolean().default(false),
  names: z.array(z.string()).default([]),
  rooms: z.record(z.string().regex(/^[a-z]+$/, 'must be of small letters'), section({ id: z.string() })).default({}),
});

function complaintOf(text: string): string {
  try {
    parseConfig(schema, text, 'test.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no complaint';
}

test('a configuration with several mistakes reports all of them at once', () => {
  expect(complaintOf('account: {token: abc, colour: red}\nevery: 5 minutes\ncount: 12\nmode: medium\nnames: x')).toBe(
    [
      'test.yaml: 6 problems',
      '  account.name: is missing; it must be a string',
      '  account.colour: is an unknown key; known here: name, token, home',
      '  every: "5 minutes" is not a duration; write it as in Prometheus, like 90s, 5m or 1h30m',
      '  count: 12 must be at most 9',
      '  mode: "medium" must be one of fast, slow',
      '  names: must be a list',
    ].join('\n'),
  );
});

const complaints: [string, string][] = [
  ['every: 10s', 'every: "10s" is too short; the minimum is 30s'],
  ['every: 1d', 'every: "1d" is too long; the maximum is 2h'],
  ['every: 5', 'every: 5 must be a duration like 90s, 5m or 8d'],
  ['count: 0', 'count: 0 must be at least 1'],
  ['count: 1.5', 'count: 1.5 must be a whole number'],
  ['count: many', 'count: "many" must be a number'],
  ['verbose: yes please', 'verbose: "yes please" must be a boolean'],
  ['names: [a, 1]', 'names[1]: 1 must be a string'],
  ['rooms: []', 'rooms: must be a section'],
  ['rooms: {UP: {id: x}}', 'rooms.UP: as a name must be of small letters'],
  ['rooms: {up: {}}', 'rooms.up.id: is missing; it must be a string'],
  ['account: {name: a, home: 7}', 'account.home: 7 must be a path'],
  ['hello: 1', 'hello: is an unknown key; known here: account, every, count, mode, verbose, names, rooms'],
  [
    '__proto__: {count: 2}',
    '__proto__: is an unknown key; known here: account, every, count, mode, verbose, names, rooms',
  ],
  ['account:', 'account: must be a section with the keys name, token, home'],
];
test.each(complaints)('%j is refused with a sentence that says where and what to write', (text, sentence) => {
  expect(complaintOf(text)).toBe(`test.yaml: 1 problem\n  ${sentence}`);
});

test.each(['every: 30s', 'every: 2h', 'count: 1', 'count: 9'])('a limit itself is within the limits: %s', (text) => {
  expect(complaintOf(text)).toBe('no complaint');
});

test.each(['[]', 'text', '7', 'true'])('a configuration that is not a section (%j) is refused', (text) => {
  expect(complaintOf(text)).toBe(
    'test.yaml: 1 problem\n  must be a section with the keys account, every, count, mode, verbose, names, rooms',
  );
});

test.each(['', '# nothing but a remark\n', '---\n'])('an empty configuration (%j) means the defaults', (text) => {
  expect(parseConfig(schema, text, 'test.yaml')).toEqual({
    every: 60_000,
    count: 1,
    mode: 'fast',
    verbose: false,
    names: [],
    rooms: {},
  });
});

const brokenYaml: [string, string][] = [
  ['count: 1\naccount: "open', 'line 2: Missing closing "quote'],
  ['count: 1\ncount: 2', 'line 2: Map keys must be unique'],
  ['count: 1\n\tmode: fast', 'line 2: Tabs are not allowed as indentation'],
  ['count: 1\n---\ncount: 2', 'line 2: Source contains multiple documents; please use YAML.parseAllDocuments()'],
  ['account: *nowhere', 'Unresolved alias (the anchor must be set before the alias)'],
  ['mode: !fast fast', 'line 1: Unresolved tag'],
];
test.each(brokenYaml)('%j is refused with the line of the mistake', (text, sentence) => {
  expect(complaintOf(text)).toBe(`test.yaml: 1 problem\n  ${sentence}`);
});

const SECRET = 'hunter2';
test.each([
  `account: {name: a, token: ${SECRET}, password: ${SECRET}}`,
  `account: {name: a, token: [${SECRET}]}`,
  `account: {name: a, token: {env: X, value: ${SECRET}}}`,
  `account: ${SECRET}`,
  `rooms: ${SECRET}`,
  `names: ${SECRET}`,
  SECRET,
  `account: {name: a, token: *${SECRET}}`,
  `account: {name: a, token: "x" ${SECRET}}`,
  `account: {name: a}} ${SECRET}`,
  `count: x\ntoken: >${SECRET}\n x`,
  `token: !${SECRET} x`,
  `token: @${SECRET}`,
  `account: {name: a}\ncount: https://me:${SECRET}@example.org`,
])('no complaint quotes what may be a secret: %s', (text) => {
  expect(complaintOf(text)).toMatch(/^test\.yaml: \d problems?\n/);
  expect(complaintOf(text)).not.toContain(SECRET);
});

test('aliases that multiply without end are refused instead of expanded', () => {
  const levels = Array.from({ length: 12 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`);
  expect(complaintOf(`a0: &a0 [x]\n${levels.join('\n')}`)).toBe(
    'test.yaml: 1 problem\n  Excessive alias count indicates a resource exhaustion attack',
  );
});

test('an alias that holds itself is refused like any other value', () => {
  expect(complaintOf('names: &n [*n]')).toBe('test.yaml: 1 problem\n  names[0]: must be a string');
});

test('brackets nested beyond measure are refused, and the list of problems stays short', () => {
  const complaint = complaintOf(`names: ${'['.repeat(50_000)}`);
  expect(complaint).toMatch(/^test\.yaml: \d+ problems?\n {2}line 1: /);
  expect(complaint.split('\n').length).toBeLessThanOrEqual(21);
});

test('a secret is the text itself, a file or an environment variable', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-test-'));
  writeFileSync(join(directory, 'token'), '  from-file\n');
  const secrets = z.array(secretSchema({ directory, env: context.env }));
  const read = parseConfig(secrets, '[inline, {file: token}, {env: TOKEN}]', 'test.yaml');
  expect(read.map((secret) => secret.reveal())).toEqual(['inline', 'from-file', 'from-env']);
  expect(read.map((secret) => secret.file)).toEqual([undefined, join(directory, 'token'), undefined]);
});

test('a secret in a file is re-read at every use, so that it can be rotated', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-test-'));
  writeFileSync(join(directory, 'token'), 'old');
  const secret = parseConfig(secretSchema({ directory, env: {} }), '{file: token}', 'test.yaml');
  writeFileSync(join(directory, 'token'), 'new');
  expect(secret.reveal()).toBe('new');
});

test('secrets that can not be had are refused, each by its cause', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-test-'));
  writeFileSync(join(directory, 'empty'), '\n');
  const secrets = z.array(secretSchema({ directory, env: { EMPTY: '' } }));
  const read = () =>
    parseConfig(secrets, '[{file: empty}, {file: gone}, {file: .}, {env: EMPTY}, "", 7, {path: x}]', 'test.yaml');
  expect(read).toThrow(
    [
      'test.yaml: 7 problems',
      `  [0]: the file ${directory}/empty is empty`,
      `  [1]: the file ${directory}/gone cannot be read (ENOENT)`,
      `  [2]: the file ${directory} cannot be read (EISDIR)`,
      '  [3]: the environment variable EMPTY is not set',
      '  [4]: "" must be the secret itself, {file: PATH} or {env: NAME}',
      '  [5]: 7 must be the secret itself, {file: PATH} or {env: NAME}',
      '  [6]: must be the secret itself, {file: PATH} or {env: NAME}',
    ].join('\n'),
  );
});

test.skipIf(process.getuid?.() === 0)('a secret file without permission is named with the cause', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-test-'));
  writeFileSync(join(directory, 'token'), 'x');
  chmodSync(join(directory, 'token'), 0);
  expect(() => parseConfig(secretSchema({ directory, env: {} }), '{file: token}', 'test.yaml')).toThrow(
    `test.yaml: 1 problem\n  the file ${directory}/token cannot be read (EACCES)`,
  );
});

test.each([
  ['~', '/home/me'],
  ['~/x', '/home/me/x'],
  ['~other', '/etc/program/~other'],
  ['../x', '/etc/x'],
  ['/x', '/x'],
])('the path %s is %s for a file in /etc/program', (text, path) => {
  expect(parseConfig(pathSchema(context), JSON.stringify(text), 'test.yaml')).toBe(path);
});

test('where more is to be checked, the sections without mistakes are there, and the others are named', () => {
  expect(parseValidSections(schema, 'count: 12\nmode: slow\ncolour: red', 'test.yaml')).toEqual({
    config: { every: 60_000, count: 1, mode: 'slow', verbose: false, names: [], rooms: {} },
    problems: [
      { path: 'count', message: '12 must be at most 9' },
      { path: 'colour', message: expect.stringMatching(/^is an unknown key/) },
    ],
    invalid: new Set(['count', 'colour']),
  });
});

test('where nothing is left to check, the mistakes are told at once', () => {
  expect(() => parseValidSections(section({ name: z.string() }), 'name: 1', 'test.yaml')).toThrow(
    'test.yaml: 1 problem\n  name: 1 must be a string',
  );
  for (const text of ['text', '[]', '7']) {
    expect(() => parseValidSections(schema, text, 'test.yaml')).toThrow(
      /^test\.yaml: 1 problem\n {2}must be a section/,
    );
  }
});

test.each([
  [80, true],
  [81, false],
])('a wrong value of %d characters is quoted: %s', (length, isQuoted) => {
  expect(complaintOf(`mode: ${'x'.repeat(length)}`).includes('"xxx')).toBe(isQuoted);
});
