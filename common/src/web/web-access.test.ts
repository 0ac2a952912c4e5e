import express from 'express';
import { expect, test } from 'vitest';
import { request } from '../../test/request.ts';
import { createWebAccess } from './web-access.ts';
import { OPEN_WEB_CONFIG } from './web-config.ts';
import { listen } from './web-server.ts';

test('while too many passwords wait to be checked, a caller is asked to come back', async () => {
  const config = () => ({ ...OPEN_WEB_CONFIG, users: new Map([['alice', 'a hash']]) });
  const access = createWebAccess({ config, hasOwnCredential: () => false }, async () => 'busy');
  const server = await listen(express().use(access), { host: '127.0.0.1', port: 0 });
  const answer = await request(server.url, { auth: 'alice:wonderland' });
  await server.close();
  expect(answer).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1' },
    text: '{"title":"Busy","detail":"too many passwords are waiting to be checked, retry later"}',
  });
});
