import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { closedOrigin, serve } from '../../test/local-server.ts';
import { limitAnswers } from './answer-limits.ts';

const limited = (limits: { maxBytes?: number; timeoutMs?: number }) =>
  limitAnswers(fetch, { maxBytes: 1000, timeoutMs: 60_000, ...limits });
const tooLarge = { reason: 'too_large', message: 'the answer has more than 1000 bytes' };
const timeout = { reason: 'timeout', message: 'no complete answer within 0.05 s' };

test('an answer within the limits is passed on as it is', async () => {
  const url = await serve((_, response) => response.writeHead(201, { 'x-one': '1' }).end('x'.repeat(1000)));
  const response = await limited({})(`${url}/path`);
  expect(response).toMatchObject({ status: 201, statusText: 'Created', url: `${url}/path`, ok: true });
  expect(response.headers.get('x-one')).toBe('1');
  expect(await response.text()).toHaveLength(1000);
});

test.each([
  ['a long answer', (_, response) => response.end('x'.repeat(1001)), tooLarge],
  [
    'a short answer that unpacks to a long one',
    (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(2 ** 24))),
    tooLarge,
  ],
  [
    'an endless answer',
    function listener(_, response) {
      const more = () => response.write('x'.repeat(400)) && setImmediate(more);
      response.on('drain', more);
      more();
    },
    tooLarge,
  ],
  [
    'an answer that breaks off',
    (_, response) => response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy()),
    { reason: 'truncated', message: 'the answer broke off (UND_ERR_SOCKET)' },
  ],
] satisfies [string, RequestListener, object][])('reading %s rejects', async (_name, listener, failure) => {
  const response = await limited({})(await serve(listener));
  await expect(response.text()).rejects.toMatchObject(failure);
});

test.each([
  ['no answer', () => {}],
  ['an answer that stays incomplete', (_, response) => response.write('x')],
] satisfies [string, RequestListener][])('%s rejects at the time limit', async (_name, listener) => {
  const url = await serve(listener);
  await expect(limited({ timeoutMs: 50 })(url).then((response) => response.text())).rejects.toMatchObject(timeout);
});

test('a server that is gone is unreachable', async () => {
  const url = await closedOrigin();
  await expect(limited({})(url)).rejects.toMatchObject({ reason: 'unreachable' });
});

test('a request that the caller aborts rejects with the reason of the caller', async () => {
  const stopping = new AbortController();
  const url = await serve((_, response) => response.write('x'));
  const response = await limited({})(url, { signal: stopping.signal });
  const text = response.text();
  stopping.abort(new Error('stopping'));
  await expect(text).rejects.toThrow('stopping');
  await expect(limited({})(url, { signal: stopping.signal })).rejects.toThrow('stopping');
});

test('cancelling the body ends the connection', async () => {
  const closed = Promise.withResolvers<void>();
  const url = await serve((_, response) => {
    response.write('x');
    response.once('close', closed.resolve);
  });
  const response = await limited({})(url);
  await response.body?.cancel();
  await closed.promise;
});
