import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOnPath } from '../../deploy/local/on-path.mjs';
import { findPrograms } from '../../deploy/local/programs/find-programs.mjs';
import { FOR_TESTS } from '../../deploy/local/programs/needed-programs.mjs';
import { unpackedProgram } from '../../deploy/local/programs/unpacked-program.mjs';
import { runStart } from './start-process.ts';

const BUILD = fileURLToPath(new URL('../../deploy/build.mjs', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'first-run-'));
/** An environment without any login. */
const home = { HOME: join(directory, 'home'), PATH: process.env.PATH };
const hasApt = ['apt-get', 'apt-cache', 'dpkg'].every(isOnPath);

beforeAll(() => {
  execFileSync(process.execPath, [BUILD]);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const urlsIn = (output: string): string[] =>
  [...output.matchAll(/^ {2}\S.* (http:\S+)$/gm)].map(([, url]) => url ?? '');

describe.runIf(hasApt)('with Debian packages', { timeout: 300_000 }, () => {
  test('the demo runs from unpacked packages, its links open, and its first alert is printed', async (context) => {
    const cache = join(directory, 'cache');
    const path: string[] = [];
    for (const program of FOR_TESTS.slice(0, 2)) {
      try {
        path.push(await unpackedProgram(program, cache));
      } catch (error) {
        // Without a network there is nothing to test; in CI there is one, and a skip would hide a fault.
        if (process.env.CI === 'true') throw error;
        context.skip(`The packages cannot be downloaded: ${error}`);
      }
    }
    expect(readdirSync(join(cache, 'programs')).sort()).toEqual(['prometheus', 'prometheus-alertmanager']);

    const env = { ...home, PATH: [...path, home.PATH].join(delimiter) };
    await using start = runStart({ state: join(directory, 'state'), args: ['--demo'], env });
    const output = await start.printed('Ctrl-C stops everything.');
    expect(output).toContain('The pipeline is up, with a simulated account: demo.');
    const urls = urlsIn(output);
    expect(urls).toHaveLength(5);
    for (const url of urls) expect((await fetch(url)).status, url).toBe(200);
    const page = await (await fetch(urls[0] ?? '')).text();
    expect(page).toContain('demo');

    const message = await start.printed('└──');
    expect(message).toMatch(/message 1 in room terminal/);
    expect(await start.stop('SIGINT')).toBe(0);
    for (const url of urls) await expect(fetch(url), url).rejects.toThrow();
  });
});

test('a program that cannot be downloaded is named, and leaves nothing that counts as complete', {
  timeout: 120_000,
}, async () => {
  const cache = join(directory, 'no-such-package');
  const program = {
    title: 'Example',
    commands: [['no-such-command']],
    packages: ['no-such-package'],
    files: ['usr/bin/example'],
    versionFlag: '--version',
  };
  const { path, missing } = await findPrograms([program], cache);
  expect(path).toEqual([]);
  expect(missing).toMatchObject([
    { title: 'Example', reason: expect.stringMatching(/^it (cannot be downloaded|is not on)/) },
  ]);
  expect(existsSync(join(cache, 'programs')) ? readdirSync(join(cache, 'programs')) : []).toEqual([]);
});

test('without Prometheus the exporter and the bridge run, and a second run uses other ports', {
  timeout: 120_000,
}, async () => {
  const args = ['--demo', '--without-prometheus'];
  await using first = runStart({ state: join(directory, 'first'), args, env: home });
  const [, port] =
    /Status page {3}http:\/\/127\.0\.0\.1:(\d+)\//.exec(await first.printed('Ctrl-C stops everything.')) ?? [];
  await using second = runStart({ state: join(directory, 'second'), args, env: home });
  const output = await second.printed('Ctrl-C stops everything.');
  expect(output).toMatch(/^Port \d+ is taken by .+: the exporter uses port \d+\.$/m);
  expect(output).not.toContain(`http://127.0.0.1:${port}/`);
  expect(output).toContain('There are no alerts, because Prometheus and Alertmanager are not both available.');
  for (const url of urlsIn(output)) expect((await fetch(url)).status, url).toBe(200);
  expect(await first.stop('SIGTERM')).toBe(0);
  expect(await second.stop('SIGINT')).toBe(0);
});

test('a login whose polls fail is reported in the terminal', { timeout: 120_000 }, async () => {
  const claude = join(directory, 'claude');
  mkdirSync(claude);
  const login = { accessToken: 'expired', expiresAt: 1_700_000_000_000, scopes: ['user:profile'] };
  writeFileSync(join(claude, '.credentials.json'), JSON.stringify({ claudeAiOauth: login }));
  const env = { ...home, CLAUDE_CONFIG_DIR: claude };
  await using start = runStart({ state: join(directory, 'login'), args: ['--without-prometheus'], env });
  const output = await start.printed('the poll failed');
  expect(output).toContain(`The pipeline is up, with the Claude Code login in ${claude}.`);
  expect(output).toMatch(/^Account default: the poll failed: .*expired/m);
  expect(await start.stop('SIGINT')).toBe(0);
});
