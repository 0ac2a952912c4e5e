import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { Secret } from '@repo/common/secret';
import { serve } from '@repo/common/test/local-server';
import { assert, json, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { parseTokens, requestTokens } from './token-request.ts';

const TOKEN = 'sk-ant-ort01-planted';

async function ask(listener: RequestListener, signal = new AbortController().signal) {
  const endpoint = `${await serve(listener)}/v1/oauth/token`;
  const refreshToken = Secret.of(TOKEN);
  return requestTokens({ endpoint, userAgent: 'test/1', refreshToken, timeoutMs: 60_000, signal, now: () => 0, fetch });
}

test('sends the request of Claude Code, with its own User-Agent', async () => {
  let seen: object = {};
  const response = await ask(async (request, answer) => {
    const { method, url, headers } = request;
    seen = { method, url, type: headers['content-type'], agent: headers['user-agent'], body: await text(request) };
    answer.end('whatever it is');
  });
  expect(seen).toEqual({
    method: 'POST',
    url: '/v1/oauth/token',
    type: 'application/json',
    agent: 'test/1',
    body: `{"grant_type":"refresh_token","refresh_token":"${TOKEN}","client_id":"9d1c250a-e61b-44d9-88ed-5944d1962f5e"}`,
  });
  expect(response.ok && response.text.reveal()).toBe('whatever it is');
});

test('does not send the refresh token to the target of a redirect', async () => {
  let redirected = false;
  const response = await ask((request, answer) => {
    redirected ||= request.url === '/elsewhere';
    answer.writeHead(307, { location: '/elsewhere' }).end();
  });
  expect(response).toMatchObject({ reason: 'rejected', detail: 'the token endpoint answers with status 307' });
  expect(redirected).toBe(false);
});

test('an answer that breaks off and an aborted request have different reasons', async () => {
  const broken = await ask((_request, answer) => {
    answer.writeHead(200, { 'content-length': '100' });
    answer.write('{"access', () => answer.destroy());
  });
  expect(broken).toMatchObject({ reason: 'truncated', detail: 'the answer broke off (UND_ERR_SOCKET)' });
  const stopping = new AbortController();
  const given = await ask(() => stopping.abort(), stopping.signal);
  expect(given).toMatchObject({ ok: false, reason: 'network' });
});

test('whatever is answered, it has tokens with an end or none, and shows nothing', { timeout: 120_000 }, () => {
  const answers = json();
  const anyText = string();
  const check = (answer: string) => {
    const tokens = parseTokens(Secret.of(answer), 1000);
    if (tokens) expect(Number.isSafeInteger(tokens.expiresAt)).toBe(true);
  };
  assert(property(answers, check));
  assert(property(anyText, check));
  assert(
    property(json(), json(), (life, token) => {
      check(`{"access_token": "a", "expires_in": ${life}, "refresh_token": ${token}}`);
    }),
  );
  const tokens = parseTokens(Secret.of('{"access_token": "planted", "refresh_token": "planted"}'), 0);
  expect(`${inspect(tokens, { depth: 9 })} ${JSON.stringify(tokens)}`).not.toContain('planted');
});
