import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limitAnswers } from '@repo/common/outbound/answer-limits';
import { afterEach, expect, test } from 'vitest';
import { createHomeserverFetch } from './homeserver-fetch.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function scene(answer: RequestListener, timeoutMs = 60_000) {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const reasons: string[] = [];
  const stopping = new AbortController();
  const ask = createHomeserverFetch(limitAnswers(fetch, { maxBytes: 100_000, timeoutMs }), {
    onFailure: (reason) => reasons.push(reason),
    signal: stopping.signal,
  });
  return { url, reasons, stopping, ask, ask1: (init?: RequestInit) => ask(url, init) };
}

test('a complete response arrives with its status, headers and body, and counts as no failure', async () => {
  const { ask1, reasons } = await scene((_request, response) => response.writeHead(500, { 'x-a': 'b' }).end('{}'));
  const response = await ask1();
  expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([500, 'b', '{}']);
  expect(reasons).toEqual([]);
});

test('an endless response is cut off and reported', async () => {
  const { ask1, reasons } = await scene((_request, response) => {
    const push = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
    };
    response.on('drain', push);
    push();
  });
  await expect(ask1()).rejects.toMatchObject({ reason: 'too_large' });
  expect(reasons).toEqual(['too_large']);
});

test.each([
  ['timeout', (response: { write: (text: string) => void }) => response.write('x')],
  [
    'truncated',
    (response: { write: (text: string, then: () => void) => void; destroy: () => void }) =>
      response.write('x', () => response.destroy()),
  ],
] as const)('a response that is not completed is reported as %s', async (reason, begin) => {
  const { ask1, reasons } = await scene((_request, response) => begin(response), reason === 'timeout' ? 100 : 60_000);
  await expect(ask1()).rejects.toMatchObject({ reason });
  expect(reasons).toEqual([reason]);
});

test('an unreachable homeserver is reported', async () => {
  const { ask, reasons } = await scene(() => {});
  await expect(ask('http://127.0.0.1:1/')).rejects.toThrow();
  expect(reasons).toEqual(['unreachable']);
});

test.each(['the caller', 'the program'])(
  'a request that %s aborts ends at once and counts as no failure',
  async (who) => {
    const asked = Promise.withResolvers<void>();
    const { ask1, reasons, stopping } = await scene(() => asked.resolve());
    const caller = new AbortController();
    const asking = ask1({ signal: caller.signal });
    await asked.promise;
    (who === 'the caller' ? caller : stopping).abort(new Error('stopping'));
    await expect(asking).rejects.toThrow('stopping');
    expect(reasons).toEqual([]);
  },
);
