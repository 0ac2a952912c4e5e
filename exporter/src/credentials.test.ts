import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCredentials } from './credentials.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const LATER = NOW + 3_600_000;
const TOKEN = 'sk-ant-oat01-planted';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'credentials-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("Claude Code's configuration directory", () => {
  const read = () => readCredentials({ kind: 'claude_config_dir', directory }, NOW);
  const path = () => join(directory, '.credentials.json');
  const write = (content: unknown) =>
    writeFileSync(path(), typeof content === 'string' ? content : JSON.stringify(content));
  const login = (more: object = {}) => ({
    claudeAiOauth: {
      accessToken: TOKEN,
      refreshToken: 'never-read',
      expiresAt: LATER,
      scopes: ['user:profile'],
      ...more,
    },
    mcpOAuth: {},
  });

  test('gives the token with both expiries', () => {
    write(login({ refreshTokenExpiresAt: LATER + 1 }));
    const credentials = read();
    expect(credentials).toMatchObject({ ok: true, expiresAt: LATER, loginExpiresAt: LATER + 1 });
    expect(credentials.token?.reveal()).toBe(TOKEN);
    expect(`${inspect(credentials, { depth: 9 })} ${JSON.stringify(credentials)}`).not.toContain(TOKEN);
  });

  test('is read anew each time', () => {
    write(login({ accessToken: 'old' }));
    read();
    write(login({ accessToken: 'new' }));
    expect(read().token?.reveal()).toBe('new');
  });

  test.each<[string, unknown, string, (file: string) => string]>([
    [
      'an expired token',
      login({ expiresAt: NOW }),
      'token_expired',
      () =>
        'the access token expired at 2026-07-22T12:00:00.000Z; log in with Claude Code (`claude`, then `/login`), which keeps it up to date',
    ],
    [
      'a token of setup-token',
      login({ scopes: ['user:inference'] }),
      'scope_missing',
      (file) =>
        `the login in ${file} lacks the scope user:profile (tokens of \`claude setup-token\` do); use a full login`,
    ],
    [
      'no login',
      { mcpOAuth: {} },
      'no_credentials',
      (file) =>
        `${file} holds no login; log in with Claude Code (\`claude\`, then \`/login\`), which keeps it up to date`,
    ],
    [
      'no JSON',
      `{"claudeAiOauth": ${TOKEN}`,
      'malformed_credentials',
      (file) => `${file} is not a credential file as Claude Code writes it: see the whole`,
    ],
    [
      'a token of two lines',
      login({ accessToken: `${TOKEN}\n${TOKEN}` }),
      'malformed_credentials',
      (file) => `${file} is not a credential file as Claude Code writes it: see claudeAiOauth.accessToken`,
    ],
    [
      'text for a time',
      login({ expiresAt: 'tomorrow' }),
      'malformed_credentials',
      (file) => `${file} is not a credential file as Claude Code writes it: see claudeAiOauth.expiresAt`,
    ],
  ])('%s has a reason of its own', (_name, content, reason, detail) => {
    write(content);
    const result = read();
    expect(result).toMatchObject({ ok: false, reason, detail: detail(path()) });
    expect(JSON.stringify(result)).not.toContain(TOKEN);
  });

  test('an absent file says what to do', () => {
    expect(read()).toEqual({
      ok: false,
      reason: 'no_credentials',
      detail: `${path()} does not exist; log in with Claude Code (\`claude\`, then \`/login\`), which keeps it up to date`,
    });
  });

  test('a file that is a directory is unreadable', () => {
    mkdirSync(path());
    expect(read()).toMatchObject({
      reason: 'unreadable_credentials',
      detail: `${path()} can't be read (EISDIR)`,
    });
  });
});

describe('a directory of three files', () => {
  const read = () => readCredentials({ kind: 'oauth_tokens_dir', directory }, NOW);

  test('gives the token and its expiry', () => {
    writeFileSync(join(directory, 'accessToken'), `${TOKEN}\n`);
    writeFileSync(join(directory, 'expiresAt'), `${LATER}\n`);
    const credentials = read();
    expect(credentials).toMatchObject({ ok: true, expiresAt: LATER });
    expect(credentials.token?.reveal()).toBe(TOKEN);
  });

  test('needs no expiry', () => {
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    expect(read()).not.toHaveProperty('expiresAt');
    expect(read().ok).toBe(true);
  });

  test('refuses an expiry that is no time', () => {
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    writeFileSync(join(directory, 'expiresAt'), '2026-07-22');
    expect(read()).toEqual({
      ok: false,
      reason: 'malformed_credentials',
      detail: `${join(directory, 'expiresAt')} is not a time in milliseconds since the epoch`,
    });
  });

  test('names the file that is missing', () => {
    expect(read()).toMatchObject({
      reason: 'no_credentials',
      detail: `${join(directory, 'accessToken')} does not exist; put accessToken and expiresAt of a login there`,
    });
  });
});

test('an access token is read where it is configured, at each use', () => {
  let text = 'first';
  const source = { kind: 'access_token', token: new Secret(() => text) } as const;
  expect(readCredentials(source, NOW).token?.reveal()).toBe('first');
  text = 'second';
  expect(readCredentials(source, NOW).token?.reveal()).toBe('second');
  text = 'not one\nline';
  expect(readCredentials(source, NOW)).toEqual({
    ok: false,
    reason: 'malformed_credentials',
    detail: 'the configured access token is not one line of printable characters',
  });
});
