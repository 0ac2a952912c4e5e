import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findAccounts, type LoginMachine } from './login.ts';

const HOME = mkdtempSync(join(tmpdir(), 'home-'));
const machine = (paths: readonly string[] = [], changes: Partial<LoginMachine> = {}): LoginMachine => ({
  platform: 'linux',
  exists: (path) => paths.includes(path),
  hasKeychainItem: () => false,
  ...changes,
});
const find = (env: Record<string, string>, on = machine()) => findAccounts({ HOME, ...env }, on);

test('without any login there is none, even if Claude Code has a directory', () => {
  expect(find({})).toBeUndefined();
  expect(find({ CLAUDE_CONFIG_DIR: '/claude' }, machine(['/claude']))).toBeUndefined();
});

test('logins are found where the exporter looks for them', () => {
  expect(find({}, machine([`${HOME}/.claude/.credentials.json`]))).toBe(`the Claude Code login in ${HOME}/.claude`);
  expect(find({ CLAUDE_PATH: '/claude' }, machine(['/claude/.credentials.json']))).toBe(
    'the Claude Code login in /claude',
  );
  expect(find({ OAUTH_TOKENS_DIR: '/tokens' })).toBe('the login in /tokens');
  expect(find({}, machine(['/var/run/secrets/oauth-tokens']))).toBe('the login in /var/run/secrets/oauth-tokens');
  expect(find({ K8S_OAUTH_SECRET_NAME: 'login' })).toBe('the login in Secret login');
});

test('on macOS an item of the Keychain decides', () => {
  const mac = (hasItem: boolean) => machine([], { platform: 'darwin', hasKeychainItem: () => hasItem });
  expect(find({}, mac(true))).toBe('the Claude Code login in the macOS Keychain');
  expect(find({}, mac(false))).toBeUndefined();
});

test("the exporter's own configuration file decides about the accounts", () => {
  expect(find({ CLAUDE_USAGE_CONFIG: '/config.yaml' })).toBe('the accounts in /config.yaml');
  const file = join(HOME, 'xdg', 'claude-usage-exporter', 'config.yaml');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '');
  expect(find({ XDG_CONFIG_HOME: join(HOME, 'xdg') })).toBe(`the accounts in ${file}`);
});
