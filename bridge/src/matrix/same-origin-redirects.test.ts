import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { followSameOriginRedirects } from './same-origin-redirects.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = followSameOriginRedirects(fetch);
const headers = { authorization: 'Bearer token' };

test('a redirect within the origin is followed', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/old') response.writeHead(302, { location: '/new' }).end();
    else response.end(`${request.url} ${request.headers.authorization}`);
  });
  expect(await (await ask(`${url}/old`, { headers })).text()).toBe('/new Bearer token');
});

test.each([301, 302, 303, 307, 308])('a redirect with %d to another origin is not followed', async (status) => {
  const reached: unknown[] = [];
  const other = await serve((request, response) => response.end(String(reached.push(request.headers))));
  const url = await serve((_request, response) => response.writeHead(status, { location: `${other}/x` }).end());
  expect((await ask(url, { headers })).status).toBe(status);
  expect((await ask(url, { method: 'PUT', body: 'x', headers })).status).toBe(status);
  expect(reached).toEqual([]);
});

test('a redirect that changes the scheme or has no valid target is not followed', async () => {
  for (const location of ['https://127.0.0.1:1/', 'http://[', 'file:///etc/passwd']) {
    const url = await serve((_request, response) => response.writeHead(302, { location }).end());
    expect((await ask(url, { headers })).status).toBe(302);
  }
});

test('a redirect of a request that changes something is not followed', async () => {
  const url = await serve((_request, response) => response.writeHead(307, { location: '/again' }).end());
  expect((await ask(url, { method: 'PUT', body: 'x' })).status).toBe(307);
});

test('a redirect to itself ends', async () => {
  let count = 0;
  const url = await serve((_request, response) => {
    count += 1;
    response.writeHead(302, { location: '/' }).end();
  });
  expect((await ask(url)).status).toBe(302);
  expect(count).toBe(4);
});
