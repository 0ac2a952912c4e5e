import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { secretInFile } from '@repo/common/config';
import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installClaude } from '../../test/claude-stand-in.ts';
import type { CredentialSource } from './credential-source.ts';
import type { CredentialReader } from './read-credentials.ts';
import { openCredentials } from './read-credentials.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const LATER = NOW + 3_600_000;
const TOKEN = 'sk-ant-oat01-planted';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'credentials-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Machine {
  readonly platform?: NodeJS.Platform;
  readonly env?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  readonly now?: () => number;
}

function openReader({ platform = 'linux', env = {}, fetch, now = () => NOW }: Machine = {}) {
  const running = new DisposableStack();
  const storagePath = running.adopt(mkdtempSync(join(tmpdir(), 'storage-')), (path) =>
    rmSync(path, { recursive: true }),
  );
  const { read } = running.use(
    openCredentials(
      {
        tokenEndpoint: 'https://token.example.org/',
        userAgent: 'test',
        refreshLeewayMs: 0,
        storagePath,
        timeoutMs: 60_000,
        serviceAccountDirectory: join(directory, 'no-pod'),
      },
      {
        now,
        fetch: fetch ?? (() => Promise.reject(new Error('nothing must be sent'))),
        env: { PATH: directory, HOME: directory, USER: 'mika', ...env },
        platform,
        refreshed: () => {},
        refreshTrouble: () => {},
        stopping: new AbortController().signal,
      },
    ),
  );
  return { read, [Symbol.dispose]: () => running[Symbol.dispose]() };
}

async function readCredentials(credentials: CredentialSource, machine?: Machine): ReturnType<CredentialReader> {
  using reader = openReader(machine);
  return await reader.read({ name: 'work', credentials });
}

const LOG_IN = 'log in with Claude Code: run `claude`, then `/login`';
const NO_SETUP_TOKEN =
  'use a full login (`claude`, then `/login`), or set `none: true` and feed the account with `claude-usage-exporter events`';

describe("Claude Code's configuration directory", () => {
  const read = (machine?: Machine) => readCredentials({ kind: 'claude_config_dir', directory }, machine);
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

  test('gives the token with both expiries', async () => {
    write(login({ refreshTokenExpiresAt: LATER + 1 }));
    const credentials = await read();
    expect(credentials).toMatchObject({ ok: true, expiresAt: LATER, loginExpiresAt: LATER + 1 });
    expect(credentials.token?.reveal()).toBe(TOKEN);
    expect(`${inspect(credentials, { depth: 9 })} ${JSON.stringify(credentials)}`).not.toContain(TOKEN);
  });

  test('is re-read each time', async () => {
    write(login({ accessToken: 'old' }));
    await read();
    write(login({ accessToken: 'new' }));
    expect((await read()).token?.reveal()).toBe('new');
  });

  test.each([
    ['an expiry of 0', { expiresAt: 0 }],
    ['an expiry of null', { expiresAt: null }],
    ['text for an expiry', { expiresAt: 'tomorrow' }],
    ['a fraction for an expiry of the login', { refreshTokenExpiresAt: 1.5, expiresAt: -1 }],
    ['scopes that are no list', { scopes: 'user:profile', expiresAt: undefined }],
  ])('a token with %s is used until the API rejects it', async (_name, more) => {
    write(login(more));
    const { token: _token, reject: _reject, remedy: _remedy, ...rest } = { remedy: '', reject: '', ...(await read()) };
    expect(rest).toEqual({ ok: true });
  });

  test('a byte order mark is skipped', async () => {
    write(`\ufeff${JSON.stringify(login())}`);
    expect(await read()).toMatchObject({ ok: true });
    writeFileSync(path(), Buffer.from(`\ufeff${JSON.stringify(login())}`, 'utf16le'));
    expect(await read()).toMatchObject({ ok: true });
  });

  test.each<[string, unknown, string, (file: string) => string]>([
    [
      'an expired token of a login that goes on',
      login({ expiresAt: NOW, refreshTokenExpiresAt: LATER }),
      'token_expired',
      (file) =>
        `the access token in ${file} expired at 2026-07-22T12:00:00.000Z; Claude Code refreshes it at its next use: run \`claude\``,
    ],
    [
      'an expired token of a login whose end is not known',
      login({ expiresAt: NOW }),
      'token_expired',
      (file) =>
        `the access token in ${file} expired at 2026-07-22T12:00:00.000Z; Claude Code refreshes it at its next use: run \`claude\``,
    ],
    [
      'an expired token of a login that has ended',
      login({ expiresAt: NOW - 1000, refreshTokenExpiresAt: NOW }),
      'token_expired',
      (file) => `the access token in ${file} expired at 2026-07-22T11:59:59.000Z; ${LOG_IN}`,
    ],
    [
      'an expired token without a refresh token',
      login({ expiresAt: NOW, refreshToken: '' }),
      'token_expired',
      (file) => `the access token in ${file} expired at 2026-07-22T12:00:00.000Z; ${LOG_IN}`,
    ],
    [
      'a token of setup-token',
      login({ scopes: ['user:inference'] }),
      'scope_missing',
      (file) =>
        `the login in ${file} lacks the scope user:profile, like every token of \`claude setup-token\`; ${NO_SETUP_TOKEN}`,
    ],
    [
      'a token of setup-token with its scopes as text',
      login({ scopes: 'user:inference user:file_upload' }),
      'scope_missing',
      (file) =>
        `the login in ${file} lacks the scope user:profile, like every token of \`claude setup-token\`; ${NO_SETUP_TOKEN}`,
    ],
    [
      'an expiry as text that has passed',
      login({ expiresAt: String(NOW), refreshTokenExpiresAt: String(NOW) }),
      'token_expired',
      (file) => `the access token in ${file} expired at 2026-07-22T12:00:00.000Z; ${LOG_IN}`,
    ],
    [
      'blank tokens',
      login({ accessToken: '', refreshToken: '', expiresAt: 0, refreshTokenExpiresAt: LATER }),
      'no_credentials',
      (file) => `${file} contains a login without tokens; ${LOG_IN}`,
    ],
    [
      'null for a token',
      login({ accessToken: null }),
      'no_credentials',
      (file) => `${file} contains a login without tokens; ${LOG_IN}`,
    ],
    [
      'an empty login',
      { claudeAiOauth: {} },
      'no_credentials',
      (file) => `${file} contains a login without tokens; ${LOG_IN}`,
    ],
    ['no login', { mcpOAuth: {} }, 'no_credentials', (file) => `${file} contains no login; ${LOG_IN}`],
    [
      'no JSON',
      `{"claudeAiOauth": ${TOKEN}`,
      'malformed_credentials',
      (file) => `${file} is not in the format of Claude Code; ${LOG_IN}`,
    ],
    [
      'a token of two lines',
      login({ accessToken: `${TOKEN}\n${TOKEN}` }),
      'malformed_credentials',
      (file) => `${file} is not in the format of Claude Code (see claudeAiOauth.accessToken); ${LOG_IN}`,
    ],
  ])('%s has its own reason and advice', async (_name, content, reason, detail) => {
    write(content);
    const result = await read();
    expect(result).toMatchObject({ ok: false, reason, detail: detail(path()) });
    expect(JSON.stringify(result)).not.toContain(TOKEN);
  });

  test('a blank login has no end', async () => {
    write(login({ accessToken: '', refreshTokenExpiresAt: LATER }));
    expect(await read()).not.toHaveProperty('loginExpiresAt');
  });

  test('an absent file says what to do', async () => {
    expect(await read()).toEqual({
      ok: false,
      reason: 'no_credentials',
      detail: `${path()} does not exist; ${LOG_IN}`,
    });
  });

  test('the token of `claude setup-token` in the environment is recognised, and a full login is used instead of it', async () => {
    const env = { CLAUDE_CODE_OAUTH_TOKEN: TOKEN };
    expect(await read({ env })).toEqual({
      ok: false,
      reason: 'scope_missing',
      detail: `${path()} does not exist, and the token in $CLAUDE_CODE_OAUTH_TOKEN cannot read the usage; ${NO_SETUP_TOKEN}`,
    });
    write(login());
    expect(await read({ env })).toMatchObject({ ok: true });
  });

  test('if `claude` is on the PATH, the source without a token is mentioned', async () => {
    installClaude(directory, {});
    const hint =
      'or set `credentials: {claude_code: {}}`, so that Claude Code reports the usage and refreshes its login';
    expect(await read()).toMatchObject({ detail: `${path()} does not exist; ${LOG_IN}; ${hint}` });
    write(login({ expiresAt: NOW }));
    expect(await read()).toMatchObject({ detail: expect.stringMatching(/: run `claude`; or set .*its login$/) });
    write('no JSON');
    expect(await read()).toMatchObject({ detail: `${path()} is not in the format of Claude Code; ${LOG_IN}` });
  });

  test('a file that is a directory is unreadable', async () => {
    mkdirSync(path());
    expect(await read()).toMatchObject({
      reason: 'unreadable_credentials',
      detail: `${path()} cannot be read (EISDIR)`,
    });
  });

  test('a named pipe is not opened, which would block the program', async () => {
    execFileSync('mkfifo', [path()]);
    expect(await read()).toMatchObject({
      reason: 'unreadable_credentials',
      detail: `${path()} cannot be read (it is a named pipe)`,
    });
  });

  describe('on macOS', () => {
    /** Plays a Keychain with one item of the user under the directory's service. */
    const putIntoKeychain = (content: object, condition = 'true') => {
      const script = `#!/bin/sh\n${condition} || exit 44\nprintf '%s\\n' '${JSON.stringify(content)}'\n`;
      writeFileSync(join(directory, 'security'), script);
      chmodSync(join(directory, 'security'), 0o755);
    };
    const env = () => ({ PATH: `${directory}:/usr/bin:/bin` });
    const tokenOf = async (machine: Machine) => (await read({ platform: 'darwin', ...machine })).token?.reveal();

    test('an expired file does not hide a live item', async () => {
      write(login({ accessToken: 'old', expiresAt: NOW - 1 }));
      putIntoKeychain(login());
      expect(await tokenOf({ env: env() })).toBe(TOKEN);
    });

    test('a dead item does not hide a good file', async () => {
      write(login());
      putIntoKeychain(login({ accessToken: 'old', expiresAt: NOW - 1 }));
      expect(await tokenOf({ env: env() })).toBe(TOKEN);
    });

    test('the item is found by the directory, and by the text of the variable', async () => {
      const { claudeCodeService } = await import('./keychain.ts');
      putIntoKeychain(login(), `[ "$3" = '${claudeCodeService(directory)}' ]`);
      expect(await tokenOf({ env: env() })).toBe(TOKEN);
      putIntoKeychain(login(), `[ "$3" = '${claudeCodeService(`${directory}/`)}' ]`);
      expect(await tokenOf({ env: env() })).toBeUndefined();
      expect(await tokenOf({ env: { ...env(), CLAUDE_CONFIG_DIR: `${directory}/` } })).toBe(TOKEN);
    });

    test('both places are named if neither has a usable login', async () => {
      write(login({ expiresAt: NOW }));
      putIntoKeychain({ mcpOAuth: {} }, 'exit 36');
      expect(await read({ platform: 'darwin', env: env() })).toMatchObject({
        reason: 'token_expired',
        detail: expect.stringMatching(/^the access token in .*json expired at .*; the Keychain item ".*" is locked; /),
      });
    });
  });
});

describe('a directory of three files', () => {
  const read = () => readCredentials({ kind: 'oauth_tokens_dir', directory });

  test('gives the token and its expiry', async () => {
    writeFileSync(join(directory, 'accessToken'), `${TOKEN}\n`);
    writeFileSync(join(directory, 'expiresAt'), `${LATER}\n`);
    const credentials = await read();
    expect(credentials).toMatchObject({ ok: true, expiresAt: LATER });
    expect(credentials.token?.reveal()).toBe(TOKEN);
  });

  test('needs no expiry', async () => {
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    expect(await read()).not.toHaveProperty('expiresAt');
    expect((await read()).ok).toBe(true);
  });

  test('rejects an expiry that is no time', async () => {
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    writeFileSync(join(directory, 'expiresAt'), '2026-07-22');
    expect(await read()).toEqual({
      ok: false,
      reason: 'malformed_credentials',
      detail: `${join(directory, 'expiresAt')} is not a time in milliseconds since the epoch`,
    });
  });

  test('gives the end of the login if a file has it', async () => {
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    writeFileSync(join(directory, 'refreshTokenExpiresAt'), String(LATER));
    expect(await read()).toMatchObject({ ok: true, loginExpiresAt: LATER });
  });

  test('without a refresh token is read only, and expires', async () => {
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    writeFileSync(join(directory, 'expiresAt'), String(NOW));
    expect(await read()).toMatchObject({
      ok: false,
      reason: 'token_expired',
      detail: `the access token in ${directory} expired at 2026-07-22T12:00:00.000Z; put accessToken and expiresAt of a login there`,
    });
    expect(readdirSync(directory)).toEqual(['accessToken', 'expiresAt']);
  });

  test('an empty file counts as absent', async () => {
    for (const part of ['refreshToken', 'expiresAt', 'refreshTokenExpiresAt'])
      writeFileSync(join(directory, part), '\n');
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    const credentials = await read();
    expect(credentials).toMatchObject({ ok: true });
    expect(credentials).not.toHaveProperty('expiresAt');
    writeFileSync(join(directory, 'accessToken'), '');
    expect(await read()).toMatchObject({
      reason: 'no_credentials',
      detail: `${join(directory, 'accessToken')} is empty; put accessToken and expiresAt of a login there`,
    });
  });

  test('names the file that is missing', async () => {
    expect(await read()).toMatchObject({
      reason: 'no_credentials',
      detail: `${join(directory, 'accessToken')} does not exist; put accessToken and expiresAt of a login there`,
    });
  });
});

test('an access token is re-read at each use', async () => {
  let text = 'first';
  const source = { kind: 'access_token', token: new Secret(() => text) } as const;
  expect((await readCredentials(source)).token?.reveal()).toBe('first');
  text = 'second';
  expect((await readCredentials(source)).token?.reveal()).toBe('second');
  text = 'not one\nline';
  expect(await readCredentials(source)).toEqual({
    ok: false,
    reason: 'malformed_credentials',
    detail: 'the configured access token is not one line of printable characters',
  });
});

test('a file with the access token that is gone is named', async () => {
  const path = join(directory, 'token');
  writeFileSync(path, TOKEN);
  const token = secretInFile(path);
  if (typeof token === 'string') throw new Error(token);
  rmSync(path);
  expect(await readCredentials({ kind: 'access_token', token })).toEqual({
    ok: false,
    reason: 'no_credentials',
    detail: `${path} does not exist; configure a new one`,
  });
});

test('outside a cluster a Secret cannot be read, and the reason says so', async () => {
  const secret = (cluster: object) => readCredentials({ kind: 'kubernetes_secret', name: 'login', cluster });
  const remedy = 'run the exporter in the cluster, with a ServiceAccount (automountServiceAccountToken)';
  expect(await secret({ namespace: 'usage' })).toEqual({
    ok: false,
    reason: 'no_credentials',
    detail: `$KUBERNETES_SERVICE_HOST is not set; ${remedy}`,
  });
  const namespace = join(directory, 'no-pod', 'namespace');
  expect(await secret({ apiServer: 'https://127.0.0.1:1' })).toMatchObject({
    detail: `${namespace} does not exist; ${remedy}, or set $K8S_NAMESPACE`,
  });
  const token = join(directory, 'no-pod', 'token');
  expect(await secret({ apiServer: 'https://127.0.0.1:1', namespace: 'usage' })).toMatchObject({
    detail: `${token} does not exist; ${remedy}`,
  });
});

test('an expiry of 0 in a directory means that the token has no end', async () => {
  writeFileSync(join(directory, 'accessToken'), TOKEN);
  writeFileSync(join(directory, 'expiresAt'), '0');
  const credentials = await readCredentials({ kind: 'oauth_tokens_dir', directory });
  expect(credentials).toMatchObject({ ok: true });
  expect(credentials).not.toHaveProperty('expiresAt');
});

test('an expiry in seconds is converted', async () => {
  writeFileSync(join(directory, 'accessToken'), TOKEN);
  writeFileSync(join(directory, 'expiresAt'), String(LATER / 1000));
  const source = { kind: 'oauth_tokens_dir', directory } as const;
  expect(await readCredentials(source)).toMatchObject({ ok: true, expiresAt: LATER });
});

test.each<[string, () => CredentialSource]>([
  ['the variable', () => ({ kind: 'access_token', token: new Secret(() => TOKEN, { variable: 'ANY' }) })],
  [
    'a file with the same token',
    () => {
      writeFileSync(join(directory, 'accessToken'), TOKEN);
      return { kind: 'oauth_tokens_dir', directory };
    },
  ],
])('the token in $CLAUDE_CODE_OAUTH_TOKEN is never used, whether it is read from %s', async (_name, source) => {
  const env = { CLAUDE_CODE_OAUTH_TOKEN: TOKEN };
  expect(await readCredentials(source(), { env })).toEqual({
    ok: false,
    reason: 'scope_missing',
    detail: `the token in $CLAUDE_CODE_OAUTH_TOKEN cannot read the usage; ${NO_SETUP_TOKEN}`,
  });
});

test('an account without a login says how to feed it', async () => {
  expect(await readCredentials({ kind: 'none' })).toEqual({
    ok: false,
    reason: 'no_credentials',
    detail:
      'the account is configured without a login; feed it with `claude-usage-exporter statusline` or `claude-usage-exporter events`, or configure credentials',
  });
});

describe('a token that the API rejects', () => {
  const reject = async (read: CredentialReader, source: CredentialSource, answer: 'unauthorized' | 'forbidden') => {
    const credentials = await read({ name: 'work', credentials: source });
    if (!credentials.ok) throw new Error(credentials.detail);
    credentials.reject?.(answer);
    return credentials;
  };

  test('with 403 is not used again for a day, but another one is', async () => {
    let [text, now] = ['setup-token', NOW];
    const source = { kind: 'access_token', token: new Secret(() => text) } as const;
    using reader = openReader({ now: () => now });
    await reject(reader.read, source, 'forbidden');
    const read = () => reader.read({ name: 'work', credentials: source });
    expect(await read()).toEqual({
      ok: false,
      reason: 'scope_missing',
      detail: `the API does not let this token read the usage (403), as is usual for \`claude setup-token\`; ${NO_SETUP_TOKEN}`,
    });
    text = 'full-login';
    expect(await read()).toMatchObject({ ok: true });
    text = 'setup-token';
    now += 24 * 3_600_000;
    expect(await read()).toMatchObject({ ok: true });
  });

  test('with 401 leads to one refresh of a dedicated login an hour', async () => {
    let [now, refreshes] = [NOW, 0];
    const fetch = async () => {
      refreshes += 1;
      return Response.json({
        access_token: `access-${refreshes}`,
        refresh_token: `r-${refreshes}`,
        expires_in: 86_400,
      });
    };
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    writeFileSync(join(directory, 'refreshToken'), 'r-0');
    writeFileSync(join(directory, 'expiresAt'), String(LATER));
    const source = { kind: 'oauth_tokens_dir', directory } as const;
    using reader = openReader({ fetch, now: () => now });
    expect((await reject(reader.read, source, 'unauthorized')).remedy).toBe(
      'the exporter refreshes it before the next poll',
    );
    expect((await reject(reader.read, source, 'unauthorized')).token.reveal()).toBe('access-1');
    now += 3_599_000;
    expect((await reject(reader.read, source, 'unauthorized')).token.reveal()).toBe('access-1');
    now += 1000;
    await reject(reader.read, source, 'unauthorized');
    expect((await reader.read({ name: 'work', credentials: source })).token?.reveal()).toBe('access-2');
    expect(refreshes).toBe(2);
  });

  test.each([
    ['of a login that goes on', LATER, 'run `claude` to refresh it, or log in again with `/login`'],
    ['of a login that has ended', NOW, LOG_IN],
  ])('with 401 names the next step: %s', async (_name, refreshTokenExpiresAt, remedy) => {
    const claudeAiOauth = { accessToken: TOKEN, refreshToken: 'r', expiresAt: LATER, refreshTokenExpiresAt };
    writeFileSync(join(directory, '.credentials.json'), JSON.stringify({ claudeAiOauth }));
    expect(await readCredentials({ kind: 'claude_config_dir', directory })).toMatchObject({ ok: true, remedy });
  });
});
