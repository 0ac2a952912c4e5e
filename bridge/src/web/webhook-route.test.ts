import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createLogger } from '@repo/common/logger';
import { createWebApp, finishWebApp, listen, type WebServer } from '@repo/common/web/web-server';
import { afterEach, expect, test } from 'vitest';
import type { AlertGroup } from '../alerts/alert-group.ts';
import { addWebhookRoute, type WebhookRoute } from './webhook-route.ts';

const NOTIFICATION = JSON.stringify({
  version: '4',
  receiver: 'ops',
  groupKey: 'key',
  alerts: [{ status: 'firing', labels: { alertname: 'DiskFull' }, startsAt: '2026-11-25T12:00:00Z' }],
});

const servers: WebServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(given: Partial<WebhookRoute> = {}) {
  const groups: AlertGroup[] = [];
  const outcomes: unknown[] = [];
  const app = createWebApp({ notReadyBecause: () => undefined, metrics: async () => ({ contentType: '', body: '' }) });
  let clock = 0;
  addWebhookRoute(app, {
    isAuthorized: (header) => header === 'Bearer token',
    accept: async (group) => {
      groups.push(group);
      return 'accepted';
    },
    onOutcome: ({ error, ...outcome }) => outcomes.push(outcome),
    now: () => (clock += 5),
    ...given,
  });
  const logger = createLogger({ level: 'error', format: 'logfmt', write: () => {} });
  const server = await listen(finishWebApp(app, logger), { host: '127.0.0.1', port: 0 });
  servers.push(server);
  const post = async (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
    path = '/api/v1/alerts',
  ) => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer token', ...headers },
    });
    const type = response.headers.get('content-type');
    return { status: response.status, type, body: await response.text(), headers: response.headers };
  };
  return { post, groups, outcomes, url: server.url };
}

const PROBLEM = 'application/problem+json; charset=utf-8';

test('a notification is answered with 200 and what became of it, once it is stored', async () => {
  const { post, groups, outcomes } = await serve();
  expect(await post(NOTIFICATION)).toMatchObject({ status: 200, body: '{"outcome":"accepted"}' });
  expect(groups).toMatchObject([{ receiver: 'ops', groupKey: 'key' }]);
  expect(outcomes).toEqual([{ receiver: 'ops', outcome: 'accepted', durationMs: 5 }]);
});

test('before it is stored it is not answered', async () => {
  const stored = Promise.withResolvers<'duplicate'>();
  const asked = Promise.withResolvers<void>();
  const { post } = await serve({
    accept: () => {
      asked.resolve();
      return stored.promise;
    },
  });
  let isAnswered = false;
  const answer = post(NOTIFICATION).finally(() => {
    isAnswered = true;
  });
  await asked.promise;
  expect(isAnswered).toBe(false);
  stored.resolve('duplicate');
  expect(await answer).toMatchObject({ status: 200, body: '{"outcome":"duplicate"}' });
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
  'the content type %j does not matter',
  async (type) => {
    const { post } = await serve();
    expect(await post(NOTIFICATION, { 'content-type': type })).toMatchObject({ status: 200 });
  },
);

test('a compressed body is understood', async () => {
  const { post } = await serve();
  expect(await post(new Uint8Array(gzipSync(NOTIFICATION)), { 'content-encoding': 'gzip' })).toMatchObject({
    status: 200,
  });
});

test.each(['', 'Bearer wrong'])(
  'the credential %j is refused, and what was sent is not even parsed',
  async (authorization) => {
    const { post, outcomes } = await serve();
    const answer = await post('not json', { authorization });
    expect(answer).toMatchObject({
      status: 401,
      type: PROBLEM,
      body: '{"title":"Unauthorized","detail":"the Authorization header contains no credential that is configured under webhook"}',
    });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(outcomes).toEqual([{ receiver: undefined, outcome: 'unauthorized', durationMs: 0 }]);
  },
);

test('without a credential the answer comes before the body does', async () => {
  const { url } = await serve();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('POST /api/v1/alerts HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n');
  const [chunk] = await once(socket, 'data');
  expect(String(chunk)).toMatch(/^HTTP\/1\.1 401 /);
  socket.destroy();
});

const malformed: [string, string][] = [
  ['', '"detail":"the body is empty, expected an Alertmanager notification in JSON"'],
  ['{', '"detail":"the body is not valid JSON, expected an Alertmanager notification"'],
  ['{"version":"3"}', '"detail":"payload version \\"3\\" is not supported, only version \\"4\\""'],
  [
    '{"receiver":"ops","groupKey":"k","alerts":[]}',
    '"detail":"the body is not an Alertmanager notification of version 4","errors":[{"path":"alerts","message":"must hold at least one alert"}]',
  ],
];
test.each(malformed)('the body %j is answered with 400 and what is wrong', async (body, rest) => {
  const { post, groups, outcomes } = await serve();
  expect(await post(body)).toMatchObject({
    status: 400,
    type: PROBLEM,
    body: `{"title":"Invalid notification",${rest}}`,
  });
  expect(groups).toEqual([]);
  expect(outcomes).toEqual([{ receiver: undefined, outcome: 'malformed', durationMs: 5 }]);
});

test.each(['/api/v1/alerts', '/api/v1/alerts/', '/API/v1/alerts'])(
  'a body of more than 32 MiB to %s is answered with 413, whether or not it is compressed',
  async (path) => {
    const { post, outcomes } = await serve();
    const huge = new Uint8Array(gzipSync(Buffer.alloc(32 * 1024 * 1024 + 1, ' ')));
    expect(await post(huge, { 'content-encoding': 'gzip' }, path)).toMatchObject({
      status: 413,
      type: PROBLEM,
      body: '{"title":"Too large","detail":"the body is larger than 32mb"}',
    });
    expect(outcomes).toEqual([{ receiver: undefined, outcome: 'too_large', durationMs: 0 }]);
  },
);

test('a body of nearly 32 MiB is taken', async () => {
  const { post, groups } = await serve();
  const padded = NOTIFICATION.padEnd(32 * 1024 * 1024);
  expect(await post(padded)).toMatchObject({ status: 200 });
  expect(groups).toHaveLength(1);
});

test.each([{ 'content-encoding': 'gzip' }, { 'content-encoding': 'rot13' }])(
  'a body that is not encoded as %j says is answered with 400',
  async (headers) => {
    const { post } = await serve();
    expect(await post(NOTIFICATION, headers)).toMatchObject({
      status: 400,
      type: PROBLEM,
      body: '{"title":"Invalid notification","detail":"cannot read the body"}',
    });
  },
);

test('where it can not be stored the answer is 503, so that Alertmanager comes again', async () => {
  const { post, outcomes } = await serve({
    accept: async () => {
      throw new Error('database or disk is full');
    },
  });
  expect(await post(NOTIFICATION)).toMatchObject({
    status: 503,
    type: PROBLEM,
    body: '{"title":"Not stored","detail":"cannot write to the outbox, retry later"}',
  });
  expect(outcomes).toEqual([{ receiver: 'ops', outcome: 'unavailable', durationMs: 5 }]);
});

test('a fault of the bridge itself, like a token file that can not be read, is answered with 5xx and no detail', async () => {
  const { post } = await serve({
    isAuthorized: () => {
      throw new Error("EACCES: permission denied, open '/secrets/token'");
    },
  });
  expect(await post(NOTIFICATION)).toMatchObject({
    status: 500,
    body: '{"title":"Internal error","detail":"the log of this program says more"}',
  });
});

test.each([500, 503])('a fault of the bridge that calls itself %d is not taken for one of the body', async (status) => {
  const { post, outcomes } = await serve({
    isAuthorized: () => {
      throw Object.assign(new Error('x'), { status });
    },
  });
  expect(await post(NOTIFICATION)).toMatchObject({ status: 500 });
  expect(outcomes).toEqual([]);
});

test('other methods and paths are nothing here', async () => {
  const { post, url } = await serve();
  expect((await fetch(`${url}/api/v1/alerts`)).status).toBe(404);
  expect(await post(NOTIFICATION, {}, '/api/v1/alerts/ops')).toMatchObject({ status: 404 });
});
