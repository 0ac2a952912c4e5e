import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CredentialError } from './credentials.ts';
import { claudeCodeService, readKeychain } from './keychain.ts';

const TOKEN = 'sk-ant-oat01-planted';
const LOGIN = JSON.stringify({ claudeAiOauth: { accessToken: TOKEN, expiresAt: 1000, scopes: ['user:profile'] } });

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

function read(more: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const env = { PATH: [directory, '/usr/bin', '/bin'].join(delimiter) };
  return readKeychain('Claude Code-credentials', { env, signal: new AbortController().signal, ...more });
}

async function complaint(more?: { timeoutMs?: number }): Promise<object> {
  const error = await read(more).catch((thrown: unknown) => thrown);
  if (!(error instanceof CredentialError)) throw new Error('there was no complaint');
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(TOKEN);
  return { reason: error.reason, message: error.message };
}

test('asks for the item by its service, for its password alone', async () => {
  standIn(`printf '%s\\n' "$@" > '${directory}/arguments'; printf '%s\\n' '${LOGIN}'`);
  const credentials = await read();
  expect(credentials.token.reveal()).toBe(TOKEN);
  expect(credentials.expiresAt).toBe(1000);
  const args = readFileSync(join(directory, 'arguments'), 'utf8');
  expect(args).toBe('find-generic-password\n-s\nClaude Code-credentials\n-w\n');
});

test('understands an item that `security` prints in hexadecimal', async () => {
  const named = LOGIN.replace('{', '{"account": "Zoë", ');
  standIn(`printf '%s\\n' '${Buffer.from(named).toString('hex')}'`);
  expect((await read()).token.reveal()).toBe(TOKEN);
});

describe('what goes wrong is told', () => {
  test.each([
    [
      'exit 44',
      'no_credentials',
      'the Keychain item "Claude Code-credentials" does not exist; log in with Claude Code (`claude`, then `/login`), which keeps it up to date',
    ],
    [
      'exit 36',
      'unreadable_credentials',
      'the Keychain item "Claude Code-credentials" is locked; unlock it with `security unlock-keychain`, or run the exporter in your own session',
    ],
    [
      `echo ${TOKEN}; echo ${TOKEN} >&2; exit 51`,
      'unreadable_credentials',
      'the Keychain item "Claude Code-credentials" can\'t be read (`security` ended with 51)',
    ],
    [
      `echo '{"mcpOAuth": {}}'`,
      'no_credentials',
      'the Keychain item "Claude Code-credentials" holds no login; log in with Claude Code (`claude`, then `/login`), which keeps it up to date',
    ],
    [
      `echo '{"claudeAiOauth": {"accessToken": "${TOKEN}", "scopes": ["user:inference"]}}'`,
      'scope_missing',
      'the login in the Keychain item "Claude Code-credentials" lacks the scope user:profile (tokens of `claude setup-token` do); use a full login',
    ],
    [
      `echo ${TOKEN}`,
      'malformed_credentials',
      'the Keychain item "Claude Code-credentials" is not as Claude Code writes it: see the whole',
    ],
  ])('%s', async (script, reason, message) => {
    standIn(script);
    expect(await complaint()).toEqual({ reason, message });
  });

  test('a machine without Keychain', async () => {
    expect(await complaint()).toEqual({
      reason: 'unreadable_credentials',
      message: 'the program `security`, which reads the Keychain, is not on the PATH; only macOS has it',
    });
  });

  test('a dialog that nobody answers', async () => {
    standIn('exec sleep 60');
    expect(await complaint({ timeoutMs: 50 })).toEqual({
      reason: 'unreadable_credentials',
      message:
        'the Keychain item "Claude Code-credentials" was not given within 0.05 s; macOS may be asking, answer "Always Allow"',
    });
  });
});

test('a stop does not wait for the dialog, and is no failure of the Keychain', async () => {
  standIn('exec sleep 60');
  const stopping = new AbortController();
  const reading = read({ signal: stopping.signal });
  stopping.abort();
  await expect(reading).rejects.toThrow('aborted');
});

test('each configuration directory has a service of its own, told by its name as it is written', () => {
  expect(claudeCodeService()).toBe('Claude Code-credentials');
  expect(claudeCodeService('')).toBe('Claude Code-credentials');
  // sha256sum of the bytes, e.g.: printf %s /Users/me/.claude-work | sha256sum
  expect(claudeCodeService('/Users/me/.claude-work')).toBe('Claude Code-credentials-1e91dd84');
  expect(claudeCodeService('/Users/zoe\u0308')).toBe(claudeCodeService('/Users/zo\u00eb'));
});
