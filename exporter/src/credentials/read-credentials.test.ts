import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { secretInFile } from '@repo/common/config';
import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialSource } from './credential-source.ts';
import { claudeCodeService } from './keychain.ts';
import { openCredentials } from './open-credentials.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const LATER = NOW + 3_600_000;
const TOKEN = 'sk-ant-oat01-planted';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'credentials-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function readCredentials(credentials: CredentialSource, platform: NodeJS.Platform = 'linux') {
  using storage = new DisposableStack();
  const storagePath = storage.adopt(mkdtempSync(join(tmpdir(), 'storage-')), (path) =>
    rmSync(path, { recursive: true }),
  );
  const oauth = { tokenEndpoint: 'unused:', userAgent: 'test', refreshLeewayMs: 0 };
  const reader = openCredentials(
    { oauth, storagePath, timeoutMs: 60_000, serviceAccountDirectory: join(directory, 'no-pod') },
    {
      now: () => NOW,
      fetch: () => Promise.reject(new Error('nothing is to be sent')),
      env: { PATH: directory },
      platform,
      refreshed: () => {},
      renewalTrouble: () => {},
      stopping: new AbortController().signal,
    },
  );
  storage.use(reader);
  return reader.read({ name: 'work', credentials });
}

describe("Claude Code's configuration directory", () => {
  const read = (platform?: NodeJS.Platform) => readCredentials({ kind: 'claude_config_dir', directory }, platform);
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

  test('is read anew each time', async () => {
    write(login({ accessToken: 'old' }));
    await read();
    write(login({ accessToken: 'new' }));
    expect((await read()).token?.reveal()).toBe('new');
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
      (file) => `${file} is not as Claude Code writes it: see the whole`,
    ],
    [
      'a token of two lines',
      login({ accessToken: `${TOKEN}\n${TOKEN}` }),
      'malformed_credentials',
      (file) => `${file} is not as Claude Code writes it: see claudeAiOauth.accessToken`,
    ],
    [
      'text for a time',
      login({ expiresAt: 'tomorrow' }),
      'malformed_credentials',
      (file) => `${file} is not as Claude Code writes it: see claudeAiOauth.expiresAt`,
    ],
  ])('%s has a reason of its own', async (_name, content, reason, detail) => {
    write(content);
    const result = await read();
    expect(result).toMatchObject({ ok: false, reason, detail: detail(path()) });
    expect(JSON.stringify(result)).not.toContain(TOKEN);
  });

  test('an absent file says what to do', async () => {
    expect(await read()).toEqual({
      ok: false,
      reason: 'no_credentials',
      detail: `${path()} does not exist; log in with Claude Code (\`claude\`, then \`/login\`), which keeps it up to date`,
    });
  });

  test('an absent file on macOS leads to the Keychain', async () => {
    expect(await read('darwin')).toEqual({
      ok: false,
      reason: 'no_credentials',
      detail: `${path()} does not exist; on macOS Claude Code keeps it in the Keychain: configure keychain: "${claudeCodeService(directory)}"`,
    });
  });

  test('a file that is a directory is unreadable', async () => {
    mkdirSync(path());
    expect(await read()).toMatchObject({
      reason: 'unreadable_credentials',
      detail: `${path()} can't be read (EISDIR)`,
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

  test('refuses an expiry that is no time', async () => {
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    writeFileSync(join(directory, 'expiresAt'), '2026-07-22');
    expect(await read()).toEqual({
      ok: false,
      reason: 'malformed_credentials',
      detail: `${join(directory, 'expiresAt')} is not a time in milliseconds since the epoch`,
    });
  });

  test('tells when the login ends, where a file does', async () => {
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
      detail: 'the access token expired at 2026-07-22T12:00:00.000Z; put accessToken and expiresAt of a login there',
    });
    expect(readdirSync(directory)).toEqual(['accessToken', 'expiresAt']);
  });

  test('takes an empty file for none', async () => {
    for (const part of ['refreshToken', 'expiresAt', 'refreshTokenExpiresAt'])
      writeFileSync(join(directory, part), '\n');
    writeFileSync(join(directory, 'accessToken'), TOKEN);
    expect(await read()).toEqual({ ok: true, token: expect.anything() });
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

test('an access token is read where it is configured, at each use', async () => {
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

test('a file with the access token that has gone is named', async () => {
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

test('outside a cluster a Secret can not be read, which is said', async () => {
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
