import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTENT_SECURITY_POLICY } from 'claude-usage-exporter/src/web/page/status-page.ts';
import { PAGE_STATES, pageInState } from 'claude-usage-exporter/test/page-states.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser } from '../components/browser.ts';

/** Kept after the tests, for people to look at. */
const SCREENSHOTS = join(tmpdir(), 'claude-usage-status-page');

let browser: Browser;
const server = createServer(({ url = '' }, response) => {
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  response.setHeader('Content-Type', 'text/html; charset=utf-8').end(pageInState(url.slice(1)));
});
beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await startBrowser();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await browser.close();
  server.close();
});

/**
 * What a person would call broken: a title on two lines, a number away from the right edge, text beyond its card, the
 * page wider than the screen. Runs in the page.
 */
const FIND_FAULTS = `(() => {
  const faults = [];
  const box = (element) => element.getBoundingClientRect();
  const name = (element) => element.className + ' "' + element.textContent.trim().slice(0, 40) + '"';
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push('the page is wider than the screen');
  for (const head of document.querySelectorAll('.head')) {
    const [title, number] = [head.querySelector('h3'), head.querySelector('.percent')];
    const lineHeight = parseFloat(getComputedStyle(title).lineHeight);
    if (box(title).height > 1.5 * lineHeight) faults.push('title on several lines: ' + name(title));
    if (Math.abs(box(number).right - box(head).right) > 1) faults.push('number not at the right edge: ' + name(number));
    if (box(number).height > 2.6 * lineHeight) faults.push('number on several lines: ' + name(number));
    if (box(title).width < 60 && title.textContent.length > 6) faults.push('title is cut to nothing: ' + name(title));
  }
  for (const element of document.querySelectorAll('article *')) {
    if (element.closest('svg, .hidden, [hidden]') || element.closest('details:not([open]) form')) continue;
    const card = box(element.closest('article'));
    if (box(element).width > 0 && (box(element).right > card.right + 1 || box(element).left < card.left - 1)) faults.push('beyond its card: ' + name(element));
  }
  return faults;
})()`;

const faultsOf = (page: Page) => page.evaluate(FIND_FAULTS) as Promise<string[]>;

const SCREENS = { phone: 390, desktop: 1280, wide: 1920 } as const;

describe.each(Object.entries(SCREENS))('on a %s screen', (screen, width) => {
  test.each(['light', 'dark'] as const)(
    'no state has a layout fault in %s colors',
    async (colorScheme) => {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
      const page = await context.newPage();
      const { port } = server.address() as AddressInfo;
      const faults: Record<string, string[]> = {};
      for (const state of PAGE_STATES) {
        await page.goto(`http://127.0.0.1:${port}/${state}`);
        await page.screenshot({ path: join(SCREENSHOTS, `${screen}-${colorScheme}-${state}.png`), fullPage: true });
        faults[state] = await faultsOf(page);
      }
      await context.close();
      expect(faults).toEqual(Object.fromEntries(PAGE_STATES.map((state) => [state, []])));
    },
    180_000,
  );
});

test('numbers lose their colors when the exporter is gone', async () => {
  const page = await browser.newPage();
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/92-percent`);
  const colors = () =>
    page.evaluate(
      `[...document.querySelectorAll('.badge, .percent')].map((element) => getComputedStyle(element).color)`,
    ) as Promise<string[]>;
  expect(new Set(await colors()).size).toBeGreaterThan(1);
  await page.route('**/*', (route) => route.abort());
  await page.locator('#connection', { hasText: 'Exporter not reachable. Values as of' }).waitFor({ timeout: 60_000 });
  expect(await page.title()).toBe('Not reachable · Claude usage');
  expect(new Set(await colors()).size).toBe(1);
  await page.screenshot({ path: join(SCREENSHOTS, 'desktop-light-exporter-gone.png'), fullPage: true });
  await page.close();
}, 120_000);

test('a layout fault is found', async () => {
  const page = await browser.newPage({ viewport: { width: 390, height: 900 } });
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/57-percent`);
  expect(await faultsOf(page)).toEqual([]);
  await page.evaluate(`for (const title of document.querySelectorAll('h3')) title.textContent = 'far too long '.repeat(9);
    for (const title of document.querySelectorAll('h3')) title.setAttribute('class', 'percent')`);
  expect(await faultsOf(page)).not.toEqual([]);
  await page.close();
}, 60_000);
