import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { hashSync } from 'bcryptjs';
import { openHistory } from 'claude-usage-exporter/src/history/history.ts';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { DEMO } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { startBrowser } from '../components/browser.ts';
import { EXPORTER_MAIN, startExporterProcess, untilSeries } from './exporter-process.ts';
import { startProgram } from './program-process.ts';

const HOUR = 3_600_000;
const WINDOWS = ['five_hour', 'seven_day', 'seven_day_fable'];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESKTOP = { viewport: { width: 1280, height: 900 } };
/** For people to look at; kept after the tests. */
const SCREENSHOTS = join(tmpdir(), 'claude-usage-status-page');

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
  mkdirSync(SCREENSHOTS, { recursive: true });
});
afterAll(() => browser.close());

let directory: string;
let simulator: UsageSimulator;
let running: AsyncDisposableStack;
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'status-page-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario: DEMO, speed: 1 });
  running.defer(() => simulator.close());
});
afterEach(() => running.disposeAsync());

async function startExporter(more = 'api: {bearer_tokens: [the-token]}'): Promise<Server> {
  recordPast();
  const account = `{name: demo, endpoint: "${simulator.url}", credentials: {access_token: token-demo}}`;
  const exporter = await startExporterProcess(directory, `accounts: [${account}]\npoll: {interval: 1s}\n${more}`);
  running.defer(() => exporter.stop());
  await untilSeries(exporter, 'claude_usage_up{account="demo"}', (up) => up === 1);
  return exporter;
}

/** Gives the exporter a past, as if it had polled all along. */
function recordPast(): void {
  mkdirSync(join(directory, 'data'), { recursive: true });
  using history = openHistory(join(directory, 'data', 'history.sqlite'), Date.now());
  const ends = { five_hour: [2.2, 2.8, 42], seven_day: [62, 106, 57], seven_day_fable: [62, 106, 36] } as const;
  for (let step = 1; step <= 100; step += 1) {
    for (const [window, [resetsIn, since, percent]] of Object.entries(ends)) {
      const fetchedAt = Date.now() - (step / 100) * since * HOUR;
      // By day and by night.
      const share = 1 - step / 100 + 0.03 * Math.sin((fetchedAt / HOUR / 24) * 2 * Math.PI);
      const usage = { window, percent: Math.max(0, percent * share), resetsAt: Date.now() + resetsIn * HOUR };
      const snapshot = { fetchedAt: Math.round(fetchedAt), windows: [usage], unknownKeys: [] };
      history.saveState({ account: 'demo', failures: 0, requests: [], snapshot });
    }
  }
}

/** A page together with everything that went wrong on it and everything it asked for. */
async function open({ url }: Pick<Server, 'url'>, options: BrowserContextOptions = DESKTOP) {
  const context = await browser.newContext(options);
  running.defer(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const requested = new Set<string>();
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (error) => void complaints.push(error.message));
  page.on('request', (request) => void requested.add(new URL(request.url()).origin));
  await page.goto(url);
  return { page, complaints, requested };
}

/** Accessibility violations that axe finds. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const results = (await page.evaluate('axe.run()')) as AxeResults;
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`,
    );
}

const screenshot = (page: Page, name: string) =>
  page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
const banner = (page: Page) => page.getByText('New work is paused.');
const settings = (page: Page) => page.locator('summary', { hasText: 'Pause new work' });
const cap = (page: Page, title: RegExp) => page.getByRole('group', { name: title });

async function caps({ url }: Server): Promise<unknown> {
  return (await fetch(`${url}/api/v1/accounts/demo/gate/caps`)).json();
}

describe.each([
  ['a desktop', DESKTOP],
  ['a phone', PHONE],
] as const)('on %s', (device, size) => {
  test.each(['light', 'dark'] as const)(
    'it is readable and usable in %s colours, in each of its states',
    async (colorScheme) => {
      const exporter = await startExporter();
      const { page, complaints, requested } = await open(exporter, { ...size, colorScheme });
      const look = async (state: string) => {
        expect(await barriers(page)).toEqual([]);
        const tooWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
        expect(await page.evaluate(tooWide)).toBe(false);
        await screenshot(page, `${device.slice(2)}-${colorScheme}-${state}`);
      };
      expect(await page.locator('.curve .known').count()).toBe(WINDOWS.length);
      await look('open');

      await settings(page).click();
      await cap(page, /^5 hours/)
        .getByRole('checkbox')
        .check();
      await cap(page, /^5 hours/)
        .getByRole('spinbutton')
        .fill('40');
      await cap(page, /^5 hours/)
        .getByText('saving pauses new work at once')
        .waitFor();
      await look('settings');
      await page.getByLabel(/^Token from/).fill('the-token');
      await page.getByRole('button', { name: 'Save' }).click();
      await banner(page).waitFor();
      await settings(page).click();
      await page.getByText('5 hours at 40 %, week off').waitFor();
      await look('paused');

      simulator.control({ account: 'demo', status: 429, retryAfter: 1600 });
      await page.getByText('the API limits the request rate (429)').waitFor();
      await page.getByText(/^last known, /).waitFor();
      await look('stale');
      expect(complaints).toEqual([]);
      expect([...requested]).toEqual([exporter.url]);
    },
  );
});

test('it updates without a reload, and says so when the exporter is gone', async () => {
  const exporter = await startExporter();
  const { page } = await open(exporter);
  await page.evaluate('window.isStillHere = true');
  simulator.control({ account: 'demo', utilization: { five_hour: 73.5 } });
  await page.getByText('73.5 %', { exact: true }).waitFor();
  expect(await page.evaluate('window.isStillHere')).toBe(true);
  await page.getByText(/^as of /).waitFor();
  await exporter.kill();
  await page.locator('#connection', { hasText: 'Exporter not reachable' }).waitFor();
  await exporter.start();
  await page.getByText(/^as of /).waitFor();
});

describe('the settings', () => {
  test('save what was asked for and nothing before, with the credential, by keyboard alone', async () => {
    const exporter = await startExporter();
    const { page } = await open(exporter);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('Tab', 'Enter');
    expect(await settings(page).evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    // Past the link to the gate, to the switch of the session; then past the switch of the week, to the token.
    await press('Tab', 'Tab', 'Space');
    await page.getByText('Not saved yet.').waitFor();
    expect(await caps(exporter)).toEqual({ session_pct: null, week_pct: null });
    await press('Tab', 'Tab', 'Tab');
    await page.keyboard.type('wrong');
    await press('Enter');
    await page.getByText('Not saved: the Authorization header contains no token of api.bearer_tokens').waitFor();
    expect(await caps(exporter)).toEqual({ session_pct: null, week_pct: null });
    await press('ControlOrMeta+a');
    await page.keyboard.type('the-token');
    await press('Enter');
    await page.getByText('Saved.', { exact: true }).waitFor();
    expect(await caps(exporter)).toEqual({ session_pct: 90, week_pct: null });
    expect(await banner(page).count()).toBe(0);
  });

  test('are not overwritten while somebody edits them, though the rest goes on', async () => {
    const exporter = await startExporter();
    const { page } = await open(exporter);
    await settings(page).click();
    await cap(page, /^Week/).getByRole('checkbox').check();
    await cap(page, /^Week/).getByRole('spinbutton').fill('77');
    simulator.control({ account: 'demo', utilization: { five_hour: 61.5 } });
    await page.getByText('61.5 %', { exact: true }).waitFor();
    expect(await cap(page, /^Week/).getByRole('spinbutton').inputValue()).toBe('77');
    await settings(page).click();
    await page.locator('fieldset[data-used="61.5"]').waitFor({ state: 'attached' });
    await settings(page).click();
    expect(await cap(page, /^Week/).getByRole('checkbox').isChecked()).toBe(false);
  });

  test('open the gate again when a cap is switched off', async () => {
    const exporter = await startExporter();
    const { page } = await open(exporter);
    const put = (body: object) =>
      fetch(`${exporter.url}/api/v1/accounts/demo/gate/caps`, {
        method: 'PUT',
        headers: { authorization: 'Bearer the-token' },
        body: JSON.stringify(body),
      });
    await put({ session_pct: null, week_pct: 50 });
    await banner(page).waitFor();
    await page.locator('#announcement', { hasText: 'demo: new work is paused' }).waitFor({ state: 'attached' });
    await settings(page).click();
    await cap(page, /^Week/).getByRole('checkbox').uncheck();
    await page.getByLabel(/^Token from/).fill('the-token');
    await page.getByRole('button', { name: 'Save' }).click();
    await banner(page).waitFor({ state: 'detached' });
    expect(await caps(exporter)).toEqual({ session_pct: null, week_pct: null });
  });

  test('need no token from a writer who has logged in by a password', async () => {
    const [config, web] = ['config.yaml', 'web.yaml'].map((name) => join(directory, name));
    writeFileSync(config ?? '', 'accounts: [{name: demo, credentials: {none: true}}]\napi: {writers: [operator]}');
    writeFileSync(web ?? '', `basic_auth_users: {operator: "${hashSync('the-password', 5)}"}`);
    const files = [`--config.file=${config}`, `--web.config.file=${web}`, `--storage.path=${join(directory, 'data')}`];
    const exporter = running.use(
      await startProgram(EXPORTER_MAIN, [...files, '--web.listen-address=127.0.0.1:0'], { HOME: directory }),
    );
    const { page } = await open(exporter, { httpCredentials: { username: 'operator', password: 'the-password' } });
    await settings(page).click();
    expect(await page.getByLabel(/^Token from/).count()).toBe(0);
    await cap(page, /^Week/).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.', { exact: true }).waitFor();
    await settings(page).click();
    await page.getByText('5 hours off, week at 90 %').waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  test('say what to configure where nobody may write', async () => {
    const exporter = await startExporter('');
    const { page } = await open(exporter);
    await settings(page).click();
    await page.getByText('Saving needs a credential, and none is configured.').waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0);
    expect(await barriers(page)).toEqual([]);
    await screenshot(page, 'refused');
  });
});
