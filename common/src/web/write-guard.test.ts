import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { Secret } from '../secret.ts';
import { identify } from './caller.ts';
import { listen, type WebServer } from './web-server.ts';
import { createWriteGuard } from './write-guard.ts';

const servers: WebServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Guarded {
  readonly tokens?: () => readonly Secret[];
  readonly writers?: readonly string[];
  /** Names that the caller has proved. */
  readonly caller?: readonly string[];
}

async function guarded({ tokens = () => [], writers = [], caller }: Guarded) {
  const app = express();
  app.use((request, _response, next) => {
    if (caller) identify(request, caller);
    next();
  });
  const guard = createWriteGuard({
    bearerTokens: tokens,
    writers: () => writers,
    readSecret: (secret) => secret.reveal(),
    settings: { bearerTokens: 'api.bearer_tokens', writers: 'api.writers' },
  });
  app.put('/', guard, (_, response) => {
    response.send('written');
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  servers.push(server);
  return async (headers: Record<string, string> = {}) => {
    const response = await fetch(server.url, { method: 'PUT', headers });
    const text = await response.text();
    return response.ok ? text : { status: response.status, ...(JSON.parse(text) as object) };
  };
}

const NONE_CONFIGURED = {
  status: 403,
  title: 'Forbidden',
  detail: 'writing needs a credential and none is configured, set api.bearer_tokens or api.writers',
};
const WRONG = {
  status: 401,
  title: 'Unauthorized',
  detail: 'the Authorization header contains no token of api.bearer_tokens',
};
const READER = {
  status: 403,
  title: 'Forbidden',
  detail: 'this user may only read, writing needs a place in api.writers',
};
const ANOTHER_ORIGIN = {
  status: 403,
  title: 'Forbidden',
  detail: 'cross-origin browser requests must not change anything',
};

test('where no credential is configured, nobody writes, and the response names the settings', async () => {
  const put = await guarded({});
  expect(await put()).toEqual(NONE_CONFIGURED);
  expect(await put({ authorization: 'Bearer ' })).toEqual(NONE_CONFIGURED);
});

test('any of the tokens lets its bearer write; anything else is unauthorized', async () => {
  const put = await guarded({ tokens: () => [Secret.of('old-token'), Secret.of('new-token')] });
  expect(await put({ authorization: 'Bearer new-token' })).toBe('written');
  expect(await put({ authorization: 'bearer old-token' })).toBe('written');
  for (const headers of [{}, { authorization: 'Bearer newtoken' }, { authorization: 'Basic bmV3LXRva2Vu' }]) {
    expect(await put(headers)).toEqual(WRONG);
  }
});

test('tokens are asked for at every request', async () => {
  let tokens = [Secret.of('first')];
  const put = await guarded({ tokens: () => tokens });
  expect(await put({ authorization: 'Bearer first' })).toBe('written');
  tokens = [Secret.of('second')];
  expect(await put({ authorization: 'Bearer first' })).toEqual(WRONG);
});

test('a token whose file is empty at the moment lets nobody in', async () => {
  const put = await guarded({ tokens: () => [Secret.of('')] });
  expect(await put({ authorization: 'Bearer ' })).toEqual(WRONG);
});

test('a user or certificate that is named as a writer writes without a token', async () => {
  const put = await guarded({ writers: ['alice', 'ops.example'], caller: ['ops.example', '10.0.0.1'] });
  expect(await put()).toBe('written');
});

test('every other user and certificate reads only', async () => {
  const writers = ['alice'];
  expect(await (await guarded({ writers, caller: ['prometheus'] }))()).toEqual(READER);
  expect(await (await guarded({ writers, caller: [] }))()).toEqual(READER);
  expect(await (await guarded({ tokens: () => [Secret.of('token')], caller: ['prometheus'] }))()).toEqual(READER);
  expect(await (await guarded({ caller: ['prometheus'] }))()).toEqual(NONE_CONFIGURED);
});

test.each([
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'https://example.org' },
  { origin: 'http://127.0.0.1:1' },
  { origin: 'null' },
])('a web page of another origin (%j) writes nothing, whatever credential its browser adds', async (headers) => {
  const put = await guarded({ tokens: () => [Secret.of('token')], writers: ['alice'], caller: ['alice'] });
  expect(await put({ authorization: 'Bearer token', ...headers } as Record<string, string>)).toEqual(ANOTHER_ORIGIN);
});

test('our own page may write', async () => {
  const put = await guarded({ writers: ['alice'], caller: ['alice'] });
  const [server] = servers;
  expect(await put({ 'sec-fetch-site': 'same-origin', origin: 'https://behind.a.proxy' })).toBe('written');
  expect(await put({ 'sec-fetch-site': 'none' })).toBe('written');
  expect(await put({ origin: `${server?.url}` })).toBe('written');
});
