import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { Secret } from '../secret.ts';
import { markIdentified } from './caller.ts';
import { listen, type WebServer } from './web-server.ts';
import { createWriteGuard } from './write-guard.ts';

const servers: WebServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function guarded(bearerTokens: () => readonly Secret[], identified = false) {
  const app = express();
  app.use((request, _response, next) => {
    if (identified) markIdentified(request);
    next();
  });
  app.put('/', createWriteGuard({ bearerTokens, setting: 'api.bearer_tokens in the configuration' }), (_, response) => {
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
  detail:
    'writing needs a credential, and none is configured; set api.bearer_tokens in the configuration, or basic_auth_users in the file that --web.config.file names',
};
const WRONG = {
  status: 401,
  title: 'Unauthorized',
  detail: 'the Authorization header holds no bearer token of api.bearer_tokens in the configuration',
};
const ANOTHER_ORIGIN = {
  status: 403,
  title: 'Forbidden',
  detail: 'a web page of another origin must not change anything here',
};

test('where no credential is configured, nobody writes, and the answer names the settings', async () => {
  const put = await guarded(() => []);
  expect(await put()).toEqual(NONE_CONFIGURED);
  expect(await put({ authorization: 'Bearer ' })).toEqual(NONE_CONFIGURED);
});

test('any of the tokens lets its bearer write; anything else is unauthorized', async () => {
  const put = await guarded(() => [Secret.of('old-token'), Secret.of('new-token')]);
  expect(await put({ authorization: 'Bearer new-token' })).toBe('written');
  expect(await put({ authorization: 'bearer old-token' })).toBe('written');
  for (const headers of [{}, { authorization: 'Bearer newtoken' }, { authorization: 'Basic bmV3LXRva2Vu' }]) {
    expect(await put(headers)).toEqual(WRONG);
  }
});

test('tokens are asked for at every request', async () => {
  let tokens = [Secret.of('first')];
  const put = await guarded(() => tokens);
  expect(await put({ authorization: 'Bearer first' })).toBe('written');
  tokens = [Secret.of('second')];
  expect(await put({ authorization: 'Bearer first' })).toEqual(WRONG);
});

test('a token whose file is empty at the moment lets nobody in', async () => {
  const put = await guarded(() => [Secret.of('')]);
  expect(await put({ authorization: 'Bearer ' })).toEqual(WRONG);
});

test('who has proved to the web server who it is may write without a token', async () => {
  const put = await guarded(() => [], true);
  expect(await put()).toBe('written');
});

test.each([
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'https://example.org' },
  { origin: 'http://127.0.0.1:1' },
  { origin: 'null' },
])('a web page of another origin (%j) writes nothing, whatever credential its browser adds', async (headers) => {
  const put = await guarded(() => [Secret.of('token')], true);
  expect(await put({ authorization: 'Bearer token', ...headers } as Record<string, string>)).toEqual(ANOTHER_ORIGIN);
});

test('our own page may write', async () => {
  const put = await guarded(() => [], true);
  const [server] = servers;
  expect(await put({ 'sec-fetch-site': 'same-origin', origin: 'https://behind.a.proxy' })).toBe('written');
  expect(await put({ 'sec-fetch-site': 'none' })).toBe('written');
  expect(await put({ origin: `${server?.url}` })).toBe('written');
});
