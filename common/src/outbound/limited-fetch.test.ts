import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type AnswerLimits, limitFetch } from './limited-fetch.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener, limits: Partial<AnswerLimits> = {}) {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const limited = limitFetch(fetch, { maxBytes: 1000, timeoutMs: () => 60_000, ...limits });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { ask: (init?: RequestInit) => limited(url, init), server };
}

test('a response within the limits arrives with its status, headers and body', async () => {
  const { ask } = await serve((_request, response) => response.writeHead(404, { 'x-a': 'b' }).end('x'.repeat(1000)));
  const response = await ask();
  expect(response.status).toBe(404);
  expect(response.headers.get('x-a')).toBe('b');
  expect(await response.text()).toBe('x'.repeat(1000));
});

test('a response without a body stays without one', async () => {
  const { ask } = await serve((_request, response) => response.writeHead(204).end());
  expect((await ask()).status).toBe(204);
});

test('an endless response is cut off at the size limit', async () => {
  let sent = 0;
  const { ask } = await serve((_request, response) => {
    const push = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000))) sent += 10_000;
    };
    response.on('drain', push);
    push();
  });
  await expect(ask()).rejects.toMatchObject({
    reason: 'too_large',
    message: 'the response is larger than 1000 bytes',
  });
  expect(sent).toBeLessThan(50_000_000);
});

test.each([
  ['before its headers', false],
  ['in the middle of its body', true],
])('a response that stops %s ends at the time limit', async (_, begins) => {
  const { ask } = await serve(
    (_request, response) => {
      if (begins) response.write('x');
    },
    { timeoutMs: () => 100 },
  );
  await expect(ask()).rejects.toMatchObject({ reason: 'timeout', message: 'no complete response within 0.1 s' });
});

test('a connection that closes in the middle of a body is reported as truncated', async () => {
  const { ask } = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('x', () => response.destroy());
  });
  await expect(ask()).rejects.toMatchObject({ reason: 'truncated' });
});

test.each(['of the request', 'of the program'])('an abort %s ends a request in progress', async (whose) => {
  const stopping = new AbortController();
  const asked = Promise.withResolvers<void>();
  const { ask } = await serve(() => asked.resolve(), whose === 'of the program' ? { signal: stopping.signal } : {});
  const asking = ask(whose === 'of the request' ? { signal: stopping.signal } : {});
  await asked.promise;
  stopping.abort(new Error('stopping'));
  await expect(asking).rejects.toThrow('stopping');
  await expect(ask({ signal: stopping.signal })).rejects.toThrow('stopping');
});
