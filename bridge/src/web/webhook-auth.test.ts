import { Secret } from '@repo/common/secret';
import { expect, test } from 'vitest';
import { createAuthorizer } from './webhook-auth.ts';

const secrets = (...texts: string[]) => texts.map((text) => Secret.of(text));
const base64 = (text: string) => Buffer.from(text).toString('base64');
const read = (secret: Secret) => secret.reveal();
/** Node passes headers on as Latin-1, whatever their bytes meant. */
const asHeader = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

const isAuthorized = createAuthorizer(
  {
    bearerTokens: secrets('old-token', 'new-token', 'schlüssel'),
    basic: [
      { username: 'alertmanager', password: Secret.of('pass:word') },
      { username: 'jörg', password: Secret.of('straße') },
    ],
    insecure: false,
  },
  read,
);

test.each([
  ['Bearer old-token', true],
  ['Bearer new-token', true],
  ['bearer new-token', true],
  ['BEARER   new-token ', true],
  [asHeader('Bearer schlüssel'), true],
  [`Basic ${base64('alertmanager:pass:word')}`, true],
  [`basic ${base64('jörg:straße')}`, true],
  ['', false],
  ['Bearer', false],
  ['Bearer ', false],
  ['new-token', false],
  ['Bearer new-toke', false],
  ['Bearer new-token2', false],
  ['Bearer NEW-TOKEN', false],
  ['Bearer old-token new-token', false],
  ['Bearer schl\u00fcssel', false],
  ['Bearer \ud83d\udd25日本', false],
  ['Basic', false],
  [`Basic ${base64('alertmanager:')}`, false],
  [`Basic ${base64('alertmanager:wrong')}`, false],
  [`Basic ${base64('other:pass:word')}`, false],
  [`Basic ${base64('new-token')}`, false],
  ['Basic new-token', false],
  [`Bearer ${base64('alertmanager:pass:word')}`, false],
  ['[redacted]', false],
  ['Bearer [redacted]', false],
])('the header %j is let in: %s', (header, isIn) => {
  expect(isAuthorized(header)).toBe(isIn);
});

test('a rotated token is accepted from the next request on, and the previous one is rejected', () => {
  let token = 'first';
  const rotating = createAuthorizer({ bearerTokens: [new Secret(() => token)], basic: [], insecure: false }, read);
  expect([rotating('Bearer first'), rotating('Bearer second')]).toEqual([true, false]);
  token = 'second';
  expect([rotating('Bearer first'), rotating('Bearer second')]).toEqual([false, true]);
});

test('a secret whose file is empty at the moment lets nobody in', () => {
  const emptied = createAuthorizer(
    {
      bearerTokens: secrets(''),
      basic: [{ username: 'me', password: Secret.of('') }],
      insecure: false,
    },
    read,
  );
  for (const header of ['', 'Bearer', 'Bearer ', `Basic ${base64('me:')}`]) expect(emptied(header)).toBe(false);
});

test('without any credential nobody gets in, unless everybody may', () => {
  const none = { bearerTokens: [], basic: [] };
  expect(createAuthorizer({ ...none, insecure: false }, read)('')).toBe(false);
  expect(createAuthorizer({ ...none, insecure: true }, read)('')).toBe(true);
});
