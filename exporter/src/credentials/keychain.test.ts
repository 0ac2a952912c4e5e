import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CredentialError } from './credentials.ts';
import { claudeCodeService, readKeychain } from './keychain.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const TOKEN = 'sk-ant-oat01-planted';
const login = (accessToken: string, more: object = {}) =>
  JSON.stringify({
    claudeAiOauth: { accessToken, refreshToken: 'r', expiresAt: NOW + 1000, scopes: ['user:profile'], ...more },
  });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keychain-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Puts a shell script in place of macOS's `security`. */
function standIn(script: string): void {
  const path = join(directory, 'security');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** Plays a Keychain with items by account; without an account, `security` returns the first one. */
function standInItems(items: Readonly<Record<string, string>>): void {
  const cases = Object.entries(items).map(([account, text]) => `'${account}') printf '%s\\n' '${text}';;`);
  const [first = 'nobody'] = Object.keys(items);
  standIn(
    `account="$5"; [ "$4" = -a ] || account='${first}'\ncase "$account" in ${cases.join('\n')} *) exit 44;; esac`,
  );
}

function read(more: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const env = { PATH: [directory, '/usr/bin', '/bin'].join(delimiter), USER: 'mika' };
  return readKeychain('Claude Code-credentials', {
    now: () => NOW,
    env,
    signal: new AbortController().signal,
    ...more,
  });
}

async function readToken(): Promise<string> {
  return (await read()).credentials.token.reveal();
}

async function complaint(more?: { timeoutMs?: number }): Promise<object> {
  const error = await read(more).catch((thrown: unknown) => thrown);
  if (!(error instanceof CredentialError)) throw new Error('the login was read');
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(TOKEN);
  return { reason: error.reason, detail: error.detail };
}

test("requests the password of the user's item, by its service", async () => {
  standIn(`printf '%s\\n' "$@" > '${directory}/arguments'; printf '%s\\n' '${login(TOKEN)}'`);
  const { credentials } = await read();
  expect(credentials.token.reveal()).toBe(TOKEN);
  expect(credentials.expiresAt).toBe(NOW + 1000);
  const args = readFileSync(join(directory, 'arguments'), 'utf8');
  expect(args).toBe('find-generic-password\n-s\nClaude Code-credentials\n-a\nmika\n-w\n');
});

test('an item that `security` prints in hexadecimal is decoded', async () => {
  const named = login(TOKEN).replace('{', '{"account": "Zoë", ');
  standIn(`printf '%s\\n' '${Buffer.from(named).toString('hex')}'`);
  expect(await readToken()).toBe(TOKEN);
});

describe('of several items of one service', () => {
  const DEAD = { expiresAt: NOW - 1 };

  test.each<[string, Record<string, string>, string]>([
    ["the user's goes first", { default: login('old', DEAD), mika: login('mine') }, 'mine'],
    ['the fallback account is next', { default: login('old'), 'claude-code-user': login('fallback') }, 'fallback'],
    ['any other one is the last', { default: login('other') }, 'other'],
    ['an expired one is skipped', { default: login('other'), mika: login('mine', DEAD) }, 'other'],
    ['one with blank tokens is skipped', { default: login('other'), mika: login('', { expiresAt: 0 }) }, 'other'],
    ['one without a login is skipped', { default: login('other'), mika: '{"mcpOAuth": {}}' }, 'other'],
    ['one in another format is skipped', { default: login('other'), mika: 'password' }, 'other'],
  ])('%s', async (_name, items, token) => {
    standInItems(items);
    expect(await readToken()).toBe(token);
  });

  test('if all are unusable, the most helpful advice is given once', async () => {
    standInItems({ default: '{"mcpOAuth": {}}', mika: login('mine', DEAD) });
    expect(await complaint()).toEqual({
      reason: 'token_expired',
      detail:
        'the access token in the Keychain item "Claude Code-credentials" expired at 2026-07-22T11:59:59.999Z; Claude Code refreshes it at its next use: run `claude`',
    });
  });
});

describe('a failure has its own reason', () => {
  test.each([
    [
      'exit 44',
      'no_credentials',
      'the Keychain item "Claude Code-credentials" does not exist; log in with Claude Code: run `claude`, then `/login`',
    ],
    [
      'exit 36',
      'unreadable_credentials',
      'the Keychain item "Claude Code-credentials" is locked; unlock it with `security unlock-keychain`, or run the exporter in your own session',
    ],
    [
      `echo ${TOKEN}; echo ${TOKEN} >&2; exit 51`,
      'unreadable_credentials',
      'the Keychain item "Claude Code-credentials" cannot be read (`security` ended with 51)',
    ],
    [
      `echo '{"mcpOAuth": {}}'`,
      'no_credentials',
      'the Keychain item "Claude Code-credentials" contains no login; log in with Claude Code: run `claude`, then `/login`',
    ],
    [
      `echo '{"claudeAiOauth": {"accessToken": "${TOKEN}", "scopes": ["user:inference"]}}'`,
      'scope_missing',
      'the login in the Keychain item "Claude Code-credentials" lacks the scope user:profile, like every token of `claude setup-token`; use a full login (`claude`, then `/login`), or set `none: true` and feed the account with `claude-usage-exporter events`',
    ],
    [
      `echo ${TOKEN}`,
      'malformed_credentials',
      'the Keychain item "Claude Code-credentials" is not in the format of Claude Code; log in with Claude Code: run `claude`, then `/login`',
    ],
  ])('%s', async (script, reason, detail) => {
    standIn(script);
    expect(await complaint()).toEqual({ reason, detail });
  });

  test('a machine without a Keychain', async () => {
    expect(await complaint()).toEqual({
      reason: 'unreadable_credentials',
      detail: 'the program `security`, which reads the Keychain, is not on the PATH; only macOS has it',
    });
  });

  test('a dialog without an answer', async () => {
    standIn('exec sleep 60');
    expect(await complaint({ timeoutMs: 50 })).toEqual({
      reason: 'unreadable_credentials',
      detail:
        'no answer about the Keychain item "Claude Code-credentials" within 0.05 s; macOS may be asking: "Always Allow"',
    });
  });
});

test('a locked Keychain is asked once', async () => {
  standIn(`echo >> '${directory}/requests'; exit 36`);
  await complaint();
  expect(readFileSync(join(directory, 'requests'), 'utf8')).toBe('\n');
});

test('a stop does not wait for the dialog, and is no failure of the Keychain', async () => {
  standIn('exec sleep 60');
  const stopping = new AbortController();
  const reading = read({ signal: stopping.signal });
  stopping.abort();
  await expect(reading).rejects.toThrow('aborted');
});

test('each configuration directory has its own service, from its name as it is written', () => {
  expect(claudeCodeService()).toBe('Claude Code-credentials');
  expect(claudeCodeService('')).toBe('Claude Code-credentials');
  // sha256sum of the bytes, e.g.: printf %s /Users/me/.claude-work | sha256sum
  expect(claudeCodeService('/Users/me/.claude-work')).toBe('Claude Code-credentials-1e91dd84');
  expect(claudeCodeService('/Users/zoe\u0308')).toBe(claudeCodeService('/Users/zo\u00eb'));
});
