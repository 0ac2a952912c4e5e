import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { DatabaseError } from '../database-error.ts';
import { createLogger } from '../logger.ts';
import { createWebApp, finishWebApp, listen, parseListenAddress, type WebServer } from './web-server.ts';

const servers: WebServer[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(notReadyBecause: () => string | undefined = () => undefined) {
  const log: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'logfmt',
    write: (line) => log.push(line.replace(/^ts=\S+ /, '')),
  });
  const app = createWebApp({
    notReadyBecause,
    metrics: async (accept) => ({
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: `accept ${accept}\n`,
    }),
  });
  app.get('/fails', () => {
    throw new Error('the password is hunter2');
  });
  const inHand = Promise.withResolvers<(text: string) => void>();
  app.get('/hangs', (_request, response) => inHand.resolve((text) => response.end(text)));
  app.get('/breaks', (_request, response) => {
    response.write('half');
    throw new Error('too late for an answer');
  });
  const server = await listen(finishWebApp(app, logger), { host: '127.0.0.1', port: 0 });
  servers.push(server);
  return { ...server, log, inHand: inHand.promise };
}

test.each([
  ['/-/healthy', 200, 'text/plain; charset=utf-8', 'Healthy.\n'],
  ['/-/ready', 200, 'text/plain; charset=utf-8', 'Ready.\n'],
  ['/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', 'accept text/custom\n'],
  [
    '/nowhere?token=x',
    404,
    'application/problem+json; charset=utf-8',
    '{"title":"Not found","detail":"nothing answers GET /nowhere"}',
  ],
  [
    '/fails',
    500,
    'application/problem+json; charset=utf-8',
    '{"title":"Internal error","detail":"the log of this program says more"}',
  ],
])('GET %s is answered with %d, uncached and of a type that is not guessed', async (path, status, type, body) => {
  const { url } = await serve();
  const response = await fetch(url + path, { headers: { accept: 'text/custom' } });
  expect(response.status).toBe(status);
  expect(await response.text()).toBe(body);
  const headers = Object.fromEntries(response.headers);
  expect(headers).toMatchObject({
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  expect(headers).not.toHaveProperty('x-powered-by');
  expect(headers).not.toHaveProperty('etag');
});

test('what failed inside is in the log, with the path', async () => {
  const { url, log } = await serve();
  await fetch(`${url}/fails?token=x`);
  expect(log).toEqual(['level=error msg="request failed" err="the password is hunter2" path=/fails\n']);
});

test('a failure after the answer has begun ends the connection', async () => {
  const { url } = await serve();
  await expect(fetch(`${url}/breaks`).then((response) => response.text())).rejects.toThrow('terminated');
});

test('a program that is not ready says why with 503, and is healthy all the same', async () => {
  const { url } = await serve(() => 'the room is not joined');
  const response = await fetch(`${url}/-/ready`);
  expect(response.status).toBe(503);
  expect(await response.text()).toBe('Not ready: the room is not joined\n');
  expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
});

test.each([
  ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
  ['localhost', /^http:\/\/localhost:\d+$/],
])('listening on %j at port 0, the server tells the address that answers', async (host, url) => {
  const app = createWebApp({ notReadyBecause: () => undefined, metrics: async () => ({ contentType: '', body: '' }) });
  const server = await listen(app, { host, port: 0 });
  servers.push(server);
  expect(server.url).toMatch(url);
  expect((await fetch(`${server.url}/-/healthy`)).status).toBe(200);
});

test('an address in use is named, with what to do', async () => {
  const { url } = await serve();
  const port = Number(new URL(url).port);
  const app = createWebApp({ notReadyBecause: () => undefined, metrics: async () => ({ contentType: '', body: '' }) });
  await expect(listen(app, { host: '127.0.0.1', port })).rejects.toThrow(
    `can't listen on 127.0.0.1:${port} (another program does); choose one with --web.listen-address`,
  );
});

test('an address that is not of this machine is named', async () => {
  const app = createWebApp({ notReadyBecause: () => undefined, metrics: async () => ({ contentType: '', body: '' }) });
  const error = await listen(app, { host: '2001:db8::1', port: 80 }).catch((reason: Error) => reason);
  expect(error).toMatchObject({ message: "can't listen on [2001:db8::1]:80" });
});

test('a request in hand is finished before the server is closed', async () => {
  const { url, close, inHand } = await serve();
  const response = fetch(`${url}/hangs`).then((answer) => answer.text());
  const answer = await inHand;
  const closed = close();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
  answer('finished');
  expect(await response).toBe('finished');
  await closed;
});

test('a connection whose last request was finished while the server closes is closed with it', async () => {
  const { url, close, inHand } = await serve();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n');
  const answer = await inHand;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const closed = close();
  answer('finished');
  await closed;
  const received = (await socket.toArray()).join('');
  expect(received).toMatch(/\r\n\r\nfinished$/);
});

test('a request that hangs holds the closing up for five seconds, and no longer', async () => {
  const { url, close, inHand } = await serve();
  const response = fetch(`${url}/hangs`).then(
    () => 'answered',
    () => 'cut off',
  );
  await inHand;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isClosed = false;
  const closed = close().then(() => {
    isClosed = true;
  });
  await vi.advanceTimersByTimeAsync(4_999);
  expect(isClosed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await closed;
  expect(await response).toBe('cut off');
});

test('a connection that is kept open for more requests does not hold the closing up', async () => {
  const { url, close } = await serve();
  const answer = await fetch(`${url}/-/healthy`);
  expect(answer.headers.get('connection')).toBe('keep-alive');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await close();
});

test.each([
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  [':65535', { host: '', port: 65_535 }],
  ['host:80', { host: 'host', port: 80 }],
  [':65536', undefined],
  ['host', undefined],
  ['::1:80', undefined],
  ['[::1]', undefined],
  ['host:-1', undefined],
  ['host:80 ', undefined],
])('the address %j is read as %j', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

test.each([
  [true, 'the disk is full, nothing was changed'],
  [false, 'the storage fails, nothing was changed'],
])(
  'storage that fails (full: %s) is a problem document without the path, which is in the log',
  async (isFull, detail) => {
    const log: string[] = [];
    const app = createWebApp({
      notReadyBecause: () => undefined,
      metrics: async () => ({ contentType: '', body: '' }),
    });
    app.put('/caps', () => {
      throw new DatabaseError('Cannot write /data/history.sqlite', isFull);
    });
    finishWebApp(app, createLogger({ level: 'error', format: 'logfmt', write: (line) => log.push(line) }));
    const server = await listen(app, { host: '127.0.0.1', port: 0 });
    const response = await fetch(`${server.url}/caps`, { method: 'PUT' });
    expect([response.status, await response.json()]).toEqual([503, { title: 'Not stored', detail }]);
    await fetch(`${server.url}/caps`, { method: 'PUT' });
    expect(log).toEqual([expect.stringContaining('/data/history.sqlite')]);
    await server.close();
  },
);
