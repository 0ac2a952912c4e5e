import { expect, test } from 'vitest';
import { ALERTMANAGER_PAGES, firstPageThatOpens, PROMETHEUS_PAGES } from './links.ts';

const SERVER = 'http://127.0.0.1:9090';
const serving = (pages: Readonly<Record<string, string>>): typeof fetch =>
  (async (url: string) => {
    const page = pages[String(url).slice(SERVER.length)];
    return new Response(page ?? 'not found', { status: page === undefined ? 404 : 200 });
  }) as typeof fetch;

test.each([
  ["upstream's Prometheus", PROMETHEUS_PAGES, { '/alerts': 'alerts', '/graph': 'graph' }, '/alerts'],
  ["Debian's Prometheus", PROMETHEUS_PAGES, { '/classic/alerts': 'alerts', '/graph': 'graph' }, '/classic/alerts'],
  ["upstream's Alertmanager", ALERTMANAGER_PAGES, { '/': 'pages', '/api/v2/alerts': '[]' }, '/'],
  [
    "Debian's Alertmanager",
    ALERTMANAGER_PAGES,
    { '/': 'The Debian package does not include a web application.', '/api/v2/alerts': '[]' },
    '/api/v2/alerts',
  ],
])('the link to %s opens', async (_, paths, pages, expected) => {
  expect(await firstPageThatOpens(SERVER, paths, serving(pages))).toBe(SERVER + expected);
});

test('a server without any page gets no link', async () => {
  expect(await firstPageThatOpens(SERVER, PROMETHEUS_PAGES, serving({}))).toBeUndefined();
});
