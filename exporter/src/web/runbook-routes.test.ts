import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@repo/common/logger';
import { createWebApp, finishWebApp, listen, type WebServer } from '@repo/common/web/web-server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addRoutes } from './route.ts';
import { runbookRoutes } from './runbook-routes.ts';

let directory: string;
let server: WebServer;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'runbook-'));
  writeFileSync(join(directory, 'index.html'), '<h1>Runbook</h1>');
  writeFileSync(join(directory, 'SomeAlert.html'), '<h1>SomeAlert</h1>');
  const app = createWebApp({ notReadyBecause: () => undefined, metrics: () => Promise.reject(new Error('not asked')) });
  addRoutes(app, runbookRoutes(directory), (_request, _response, next) => next());
  const logger = createLogger({ level: 'error', format: 'json', write: () => {} });
  server = await listen(finishWebApp(app, logger), { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

async function get(path: string) {
  const response = await fetch(server.url + path);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

test('serves the list of pages and each page', async () => {
  const type = 'text/html; charset=utf-8';
  expect(await get('/docs/runbook')).toEqual({ status: 200, type, text: '<h1>Runbook</h1>' });
  expect(await get('/docs/runbook/')).toMatchObject({ status: 200, type });
  expect(await get('/docs/runbook/SomeAlert')).toEqual({ status: 200, type, text: '<h1>SomeAlert</h1>' });
});

test.each(['Other', '..%2F..%2Fetc%2Fpasswd', 'SomeAlert.html', '%00'])('has no page %s', async (page) => {
  expect(await get(`/docs/runbook/${page}`)).toMatchObject({ status: 404, type: expect.stringContaining('problem') });
});
