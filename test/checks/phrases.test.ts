import { expect, test } from 'vitest';
import { checkPhrases } from './phrases.ts';

test.each([
  ['README.md', 'The exporter renews its login.', '"renew": write "refresh"'],
  ['bridge/src/app.ts', '// Flags go before the file.', '"go before": write "overrides", "is overridden by"'],
  ['rules/alerts.yml', 'summary: told by Claude Code', '"told by": write "reported by", "reports"'],
  ['exporter/src/app.ts', 'logger.fatal("can\'t go on")', '"can\'t go on": write "fatal error"'],
  ['exporter/src/app.ts', '/** What is known. */', /^"\/\*\* What": write the verb or the noun/],
])('%s may not say: %s', (path, text, message) => {
  expect(checkPhrases([{ path, text: `first line\n${text}` }])).toEqual([
    { path, line: 2, message: typeof message === 'string' ? message : expect.stringMatching(message) },
  ]);
});

test('a phrase that a line break divides is found, in paragraphs and in comments', () => {
  const files = [
    { path: 'README.md', text: 'reloads the configuration and keeps the one\nbefore' },
    { path: 'bridge/src/app.ts', text: '/**\n * A device of its\n * own.\n */' },
  ];
  expect(checkPhrases(files).map(({ path, line }) => `${path}:${line}`)).toEqual([
    'README.md:1',
    'bridge/src/app.ts:2',
  ]);
});

test('plain English passes', () => {
  const text =
    '/** Returns the next poll time. */\n// The reload keeps the previous configuration: it goes, before the poll.';
  expect(checkPhrases([{ path: 'exporter/src/app.ts', text }])).toEqual([]);
});
