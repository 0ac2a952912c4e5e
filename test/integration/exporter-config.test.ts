import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXPORTER_MAIN } from './exporter-process.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'exporter-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function run(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [EXPORTER_MAIN, ...args], {
    cwd: directory,
    env: { HOME: directory, ...env },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

function configFile(text: string): string {
  const file = join(directory, 'exporter.yaml');
  writeFileSync(file, text);
  return file;
}

test('three mistakes are three problems, and the exit code is 2', () => {
  const file = configFile(`
accounts:
  - name: me@example.org
    credentials: {claude_config_dir: ~/.claude}
poll: {interval: 60s}
tresholds: {weekly: [50]}
`);
  expect(run(['--config.file', file])).toEqual({
    status: 2,
    stdout: '',
    stderr: `${file}: 3 problems
  accounts[0].name: "me@example.org" is an e-mail address, which metrics must not show; choose a name like "work"
  poll.interval: "60s" must be at least 3m, because the API blocks more frequent requests; 1s is allowed if every endpoint is a loopback address
  tresholds: is an unknown key; known here: accounts, thresholds, poll, oauth, stale_after, tier, transcripts, forecast, api, http
`,
  });
});

test('a good configuration is checked without being run', () => {
  const file = configFile(
    'accounts: [{name: work, credentials: {claude_config_dir: /c}}, {name: home, credentials: {claude_config_dir: /d}}]',
  );
  expect(run(['--config.check', '--config.file', file])).toEqual({
    status: 0,
    stdout: `${file} is valid\n`,
    stderr: '',
  });
  expect(run(['--config.check'])).toEqual({
    status: 0,
    stdout: 'the default configuration is valid\n',
    stderr: '',
  });
});

test('a problem of the environment is told like one of the file', () => {
  expect(run(['--config.check'], { WEEKLY_THRESHOLDS: 'half' })).toEqual({
    status: 2,
    stdout: '',
    stderr: `the default configuration: 1 problem
  environment variable WEEKLY_THRESHOLDS: "half" must be percentages above 0 and up to 100, separated by commas, like "50,80"
`,
  });
});

test('a file that is not there is named', () => {
  const missing = join(directory, 'missing.yaml');
  expect(run(['--config.file', missing])).toEqual({
    status: 2,
    stdout: '',
    stderr: `${missing} cannot be read (ENOENT)\n`,
  });
});
