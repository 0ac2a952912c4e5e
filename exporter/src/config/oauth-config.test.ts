import { ConfigError } from '@repo/common/config';
import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

function load(text: string, env: Record<string, string> = {}) {
  const machine = { platform: 'linux', exists: () => false } as const;
  return loadConfig(text, 'exporter.yaml', { directory: '/', env, version: '1.2.3', ...machine });
}

function complaint(text: string, env?: Record<string, string>): string {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace('exporter.yaml: 1 problem\n  ', '');
    throw error;
  }
  return 'no complaint';
}

test('the environment overrides the configuration', () => {
  const text = `
poll: {user_agent: poller/1}
oauth: {token_endpoint: "http://127.0.0.1:8080/token", refresh_leeway: 1h}`;
  const oauth = { tokenEndpoint: 'http://127.0.0.1:8080/token', userAgent: 'claude-usage-exporter/1.2.3' };
  expect(load(text).oauth).toEqual({ ...oauth, refreshLeewayMs: 3_600_000 });
  expect(load(text, { OAUTH_REFRESH_LEEWAY_SEC: '90' }).oauth).toEqual({ ...oauth, refreshLeewayMs: 90_000 });
  expect(load('oauth: {user_agent: refresher/1}').oauth).toMatchObject({ userAgent: 'refresher/1' });
});

test.each([
  [
    'oauth: {token_endpoint: "http://token.example.org/"}',
    'oauth.token_endpoint: would send tokens in clear text; use https (http is for loopback addresses only)',
  ],
  [
    'oauth: {token_endpoint: "https://me:planted@token.example.org/"}',
    'oauth.token_endpoint: must be an address like https://platform.claude.com/v1/oauth/token, without credentials and query',
  ],
  ['oauth: {refresh_leeway: 2d}', 'oauth.refresh_leeway: "2d" is too long; the maximum is 1d'],
  ['accounts: [{credentials: {none: false}}]', 'accounts[0].credentials.none: false must be true'],
  [
    'accounts: [{credentials: {kubernetes_secret: a/b}}]',
    'accounts[0].credentials.kubernetes_secret: must be the name of a Secret',
  ],
])('%s is refused', (text, problem) => {
  expect(complaint(text)).toBe(problem);
});

test.each(['1.5', '-1', '86401', 'ten'])('a leeway of %s is refused', (text) => {
  expect(complaint('', { OAUTH_REFRESH_LEEWAY_SEC: text })).toBe(
    `environment variable OAUTH_REFRESH_LEEWAY_SEC: "${text}" must be a whole number of seconds, at most 86400`,
  );
});

test('accounts name where their login is, each in one way', () => {
  const accounts = load(
    `accounts:
      - {name: mac, credentials: {keychain: Claude Code-credentials}}
      - {name: cluster, credentials: {kubernetes_secret: login}}
      - {name: none, credentials: {none: true}}
      - {credentials: {keychain: other}}
      - {credentials: {kubernetes_secret: other}}`,
    { KUBERNETES_SERVICE_HOST: '10.0.0.1', K8S_NAMESPACE: 'usage' },
  ).accounts;
  expect(accounts.map(({ credentials, polled }) => ({ ...credentials, polled }))).toMatchObject([
    { kind: 'keychain', service: 'Claude Code-credentials', polled: true },
    {
      kind: 'kubernetes_secret',
      name: 'login',
      cluster: { apiServer: 'https://10.0.0.1:443', namespace: 'usage' },
      polled: true,
    },
    { kind: 'none', polled: false },
    { kind: 'keychain' },
    { kind: 'kubernetes_secret' },
  ]);
  expect(new Set(accounts.map(({ name }) => name)).size).toBe(5);
});
