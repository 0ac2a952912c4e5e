import { listen } from '@repo/common/web/web-server';
import express from 'express';
import { expect, test } from 'vitest';
import { addLandingPage } from './landing-page.ts';

test('the page shows each room with its state and what waits, and runs no script', async () => {
  const app = express();
  addLandingPage(app, () => [{ name: '<script>x</script>', state: 'not joined & lost', pending: 3, buried: 1 }]);
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  const response = await fetch(server.url);
  const page = await response.text();
  await server.close();
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'unsafe-inline'");
  expect(page).toContain('<td>&lt;script&gt;x&lt;/script&gt;<td>not joined &amp; lost<td>3<td>1</tr>');
  expect(page).not.toContain('<script');
});
