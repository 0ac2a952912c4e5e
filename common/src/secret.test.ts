import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { Secret, withoutTokens } from './secret.ts';

const secret = Secret.of('hunter2');

function logged(logFormat: 'logfmt' | 'json'): string {
  let text = '';
  const logger = createLogger({ level: 'info', format: logFormat, write: (line) => (text += line) });
  logger.info({ secret, inside: { secret } }, 'message');
  return text;
}

const printings: [string, () => string][] = [
  ['string conversion', () => String(secret)],
  ['a template', () => `${secret}`],
  ['concatenation', () => `${['x', secret].join()}`],
  ['JSON', () => JSON.stringify({ secret, list: [secret] })],
  ['inspection', () => inspect(secret, { showHidden: true, depth: 9 })],
  ['inspection inside an object', () => inspect({ deep: { secret } }, { depth: 9 })],
  ['console formatting', () => format('%s %o %j', secret, secret, secret)],
  ['the logfmt log', () => logged('logfmt')],
  ['the JSON log', () => logged('json')],
];

test.each(printings)('%s shows [redacted] and not the secret', (_, print) => {
  expect(print()).toContain('[redacted]');
  expect(print()).not.toContain('hunter2');
});

test('no own property, enumerable or not, holds the secret', () => {
  const values = Reflect.ownKeys(secret).map((key) => Reflect.get(secret, key));
  expect(values.map(String)).not.toContain('hunter2');
  expect(JSON.stringify({ ...secret })).toBe('{}');
});

test('the text is asked of its source at every use', () => {
  const texts = ['first', 'second'];
  const rotating = new Secret(() => texts.shift() ?? '', { file: '/secrets/token' });
  expect([rotating.reveal(), rotating.reveal()]).toEqual(['first', 'second']);
});

test('what is recognisably a token is taken out of a text', () => {
  expect(withoutTokens('keychain: "sk-ant-oat01-aB_9-x" is, and syt_YWJj_xyz too')).toBe(
    'keychain: "[redacted]" is, and [redacted] too',
  );
  expect(withoutTokens('task-antenna, systems')).toBe('task-antenna, systems');
});
