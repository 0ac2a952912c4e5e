import { createLogger } from '@repo/common/logger';
import { createWebApp, finishWebApp, listen } from '@repo/common/web/web-server';
import { afterEach, expect, test } from 'vitest';
import { addHeartbeatRoute } from './heartbeat-route.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(signal: (name: string) => Promise<boolean> = async (name) => name === 'prod') {
  const signals: string[] = [];
  const app = createWebApp({ notReadyBecause: () => undefined, metrics: async () => ({ contentType: '', body: '' }) });
  addHeartbeatRoute(app, {
    isAuthorized: (header) => header === 'Bearer token',
    async signal(name) {
      signals.push(name);
      return signal(name);
    },
  });
  const logger = createLogger({ level: 'error', format: 'logfmt', write: () => {} });
  const server = await listen(finishWebApp(app, logger), { host: '127.0.0.1', port: 0 });
  stops.push(() => server.close());
  const post = async (name: string, body = '', authorization = 'Bearer token') => {
    const response = await fetch(`${server.url}/api/v1/heartbeat/${name}`, {
      method: 'POST',
      body,
      headers: { authorization },
    });
    return [response.status, await response.json()] as const;
  };
  return { post, signals };
}

test.each([
  ['nothing', ''],
  ['the Watchdog notification of Alertmanager', JSON.stringify({ version: '4', status: 'firing', alerts: [] })],
  ['any text', 'alive'],
])('%s is a signal', async (_, body) => {
  const { post, signals } = await start();
  expect(await post('prod', body)).toEqual([200, { signal: true }]);
  expect(signals).toEqual(['prod']);
});

test('the end of the Watchdog alert is not a signal', async () => {
  const { post, signals } = await start();
  expect(await post('prod', JSON.stringify({ status: 'resolved' }))).toEqual([200, { signal: false }]);
  expect(signals).toEqual([]);
});

test('a name that is not configured is not found', async () => {
  const { post } = await start();
  const [status, problem] = await post('constructor');
  expect(status).toBe(404);
  expect(problem).toMatchObject({ detail: 'this heartbeat is not configured under heartbeats' });
});

test('without the credential of the webhook nothing is a signal', async () => {
  const { post, signals } = await start();
  expect((await post('prod', '', 'Bearer other'))[0]).toBe(401);
  expect(signals).toEqual([]);
});

test('a signal whose announcement cannot be stored is to be sent again', async () => {
  const { post } = await start(() => Promise.reject(new Error('disk full')));
  expect((await post('prod'))[0]).toBe(503);
});
