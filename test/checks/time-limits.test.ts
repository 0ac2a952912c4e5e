import { expect, test } from 'vitest';
import { checkTimeLimits } from './time-limits.ts';

const problemsIn = (text: string) =>
  checkTimeLimits([{ path: 'exporter/src/app.test.ts', text }]).map(({ line, message }) => `${line}: ${message}`);

test.each([
  "test('any text', () => {\n  fc.assert(fc.property(fc.string(), (text) => { parse(text); }));\n});",
  "test.each(['a'])('any %s', async () => { await fc.assert(fc.asyncProperty(fc.string(), parse)); });",
  "import { assert, property } from 'fast-check'; test('any', () => { assert(property(json(), parse)); });",
])('a property test without a time limit is reported: %s', (text) => {
  expect(problemsIn(text)).toEqual(['1: a property test states its own time limit: { timeout: 120_000 }']);
});

test.each([
  "test('any text', { timeout: 120_000 }, () => { fc.assert(fc.property(fc.string(), parse)); });",
  "test('any text', () => { fc.assert(fc.property(fc.string(), parse)); }, 120_000);",
  "test('one text', () => { expect(parse('')).toBe(undefined); }); // fc.assert",
])('this is in order: %s', (text) => {
  expect(problemsIn(text)).toEqual([]);
});

test('a wait for a fixed time is reported', () => {
  expect(problemsIn('start();\nawait sleep(500);\nawait setTimeout(20);')).toEqual([
    '2: wait for an event, not for time',
    '3: wait for an event, not for time',
  ]);
});

test('a pause between two looks at a condition is no wait for time', () => {
  expect(problemsIn('while (!done()) await sleep(20);\nfor (;;) { await setTimeout(20); }')).toEqual([]);
});
