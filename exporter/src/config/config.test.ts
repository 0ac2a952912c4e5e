import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@repo/common/config';
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../account/routing-policy.ts';
import { loadConfig } from './config.ts';

interface Surroundings {
  env?: Record<string, string>;
  existing?: string[];
  platform?: NodeJS.Platform;
  directory?: string;
}

function load(
  text: string,
  { env = {}, existing = [], platform = 'linux', directory = '/etc/exporter' }: Surroundings = {},
) {
  return loadConfig(text, 'exporter.yaml', {
    directory,
    env: { HOME: '/home/me', ...env },
    exists: (path) => existing.includes(path),
    platform,
    version: '1.2.3',
  });
}

function complaint(text: string, surroundings?: Surroundings): string {
  try {
    load(text, surroundings);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no complaint';
}

describe('without a file', () => {
  test('the login of Claude Code is polled as `default`', () => {
    expect(load('')).toEqual({
      accounts: [
        {
          name: 'default',
          credentials: { kind: 'claude_config_dir', directory: '/home/me/.claude' },
          endpoint: 'https://api.anthropic.com',
          polled: true,
          limits: { intervalMs: 300_000, floorMs: 180_000, hourlyBudget: 20 },
        },
      ],
      thresholds: {
        weekly: [
          { percent: 50, severity: 'info' },
          { percent: 80, severity: 'warning' },
        ],
        fiveHour: [],
      },
      userAgent: 'claude-usage-exporter/1.2.3',
      oauth: {
        tokenEndpoint: 'https://platform.claude.com/v1/oauth/token',
        userAgent: 'claude-usage-exporter/1.2.3',
        refreshLeewayMs: 600_000,
      },
      staleAfterMs: 3_600_000,
      tier: { thresholds: { yellow: 50, orange: 70, red: 85 }, policy: DEFAULT_POLICY, files: {} },
      transcripts: {
        enabled: true,
        directories: [],
        intervalMs: 15_000,
        host: undefined,
        mergeWorktrees: true,
        prices: [],
        agents: [],
      },
      forecast: { linearHours: 6 },
      api: { writeTokens: [], readTokens: [], writers: [] },
      outbound: { ca: undefined, proxies: { http: undefined, https: undefined, exceptions: [] } },
    });
  });

  test.each<[string, Surroundings, object]>([
    [
      'OAUTH_TOKENS_DIR',
      { env: { OAUTH_TOKENS_DIR: '/run/tokens', CLAUDE_CONFIG_DIR: '/c' } },
      { kind: 'oauth_tokens_dir', directory: '/run/tokens' },
    ],
    [
      'the directory of the cluster',
      { existing: ['/var/run/secrets/oauth-tokens'] },
      { kind: 'oauth_tokens_dir', directory: '/var/run/secrets/oauth-tokens' },
    ],
    [
      'CLAUDE_CONFIG_DIR',
      { env: { CLAUDE_CONFIG_DIR: '~/claude', CLAUDE_PATH: '/p' } },
      { kind: 'claude_config_dir', directory: '/home/me/claude' },
    ],
    ['CLAUDE_PATH', { env: { CLAUDE_PATH: '/p' } }, { kind: 'claude_config_dir', directory: '/p' }],
  ])('%s says where the credentials are', (_name, surroundings, credentials) => {
    expect(load('', surroundings).accounts[0]?.credentials).toEqual(credentials);
  });
});

describe('accounts', () => {
  const account = (more: string) => `accounts: [{credentials: {claude_config_dir: /c}, ${more}}]`;

  test('without a name are named by a hash of their credential source', () => {
    const names = (text: string) => load(text).accounts.map(({ name }) => name);
    const [first, second] = names(
      'accounts: [{credentials: {claude_config_dir: /a}}, {credentials: {claude_config_dir: /b}}]',
    );
    expect(first).toMatch(/^account-[0-9a-f]{6}$/);
    expect(second).toMatch(/^account-[0-9a-f]{6}$/);
    expect(first).not.toBe(second);
    expect(names('accounts: [{credentials: {claude_config_dir: /a}}]')).toEqual([first]);
  });

  test('an unnamed account keeps its name when its token is rotated in a file or a variable', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'token-')), 'token');
    const text = `accounts: [{credentials: {access_token: {file: ${file}}}}, {credentials: {access_token: {env: T}}}]`;
    const namesWith = (token: string) => {
      writeFileSync(file, token);
      return load(text, { env: { T: token } }).accounts.map(({ name }) => name);
    };
    expect(namesWith('before')).toEqual(namesWith('after'));
    expect(new Set(namesWith('after')).size).toBe(2);
  });

  test('an unnamed account keeps its name when the token in the configuration is replaced', () => {
    const namesWith = (token: string) =>
      load(`accounts: [{credentials: {access_token: ${token}}}, {credentials: {access_token: other}}]`).accounts.map(
        ({ name }) => name,
      );
    expect(namesWith('before')).toEqual(namesWith('after'));
    expect(new Set(namesWith('after')).size).toBe(2);
  });

  test('Claude Code is asked by its name on the PATH, or by a path', () => {
    const source = (text: string) => load(`accounts: [{credentials: {claude_code: ${text}}}]`).accounts[0];
    expect(source('{}')).toMatchObject({ polled: true, credentials: { kind: 'claude_code', command: 'claude' } });
    expect(source('{command: bin/claude, config_dir: ../work}')).toMatchObject({
      credentials: { command: '/etc/exporter/bin/claude', configDirectory: '/etc/work' },
    });
  });

  test('paths are relative to the file', () => {
    const [first] = load('accounts: [{credentials: {oauth_tokens_dir: tokens}}]').accounts;
    expect(first?.credentials).toEqual({ kind: 'oauth_tokens_dir', directory: '/etc/exporter/tokens' });
  });

  test('on loopback alone may be polled every second, without floor and budget', () => {
    const text = `${account('endpoint: "http://127.0.0.1:8080"')}\npoll: {interval: 1s}`;
    expect(load(text).accounts[0]).toMatchObject({
      endpoint: 'http://127.0.0.1:8080',
      limits: { intervalMs: 1000, floorMs: 0, hourlyBudget: Number.POSITIVE_INFINITY },
    });
  });

  test.each([
    [
      account('name: me@example.org'),
      'accounts[0].name: "me@example.org" is an e-mail address, which metrics must not show; choose a name like "work"',
    ],
    [
      account('name: Work'),
      'accounts[0].name: "Work" must be 1 to 63 of a-z, 0-9, _ and -, starting with a letter or digit',
    ],
    [
      account('endpoint: "http://api.example.org"'),
      'accounts[0].endpoint: "http://api.example.org" would send the access token in clear text; use https (http is for loopback addresses only)',
    ],
    [
      account('endpoint: "https://api.example.org/v1"'),
      'accounts[0].endpoint: "https://api.example.org/v1" must be an origin like https://api.anthropic.com, without path or credentials',
    ],
    [
      account('endpoint: api.example.org'),
      'accounts[0].endpoint: "api.example.org" must be an origin like https://api.anthropic.com, without path or credentials',
    ],
    [account('user: me'), 'accounts[0].user: is an unknown key; known here: name, credentials, endpoint'],
    ['accounts: []', 'accounts: must not be empty; remove it to use the login of Claude Code'],
    [
      'accounts: [{name: work}]',
      'accounts[0].credentials: is missing; it must be a section with the keys claude_config_dir, keychain, oauth_tokens_dir, kubernetes_secret, access_token, claude_code, none',
    ],
    [
      'accounts: [{credentials: {}}]',
      'accounts[0].credentials: must have exactly one of claude_config_dir, keychain, oauth_tokens_dir, kubernetes_secret, access_token, claude_code, none',
    ],
    [
      'accounts: [{credentials: {claude_config_dir: /c, access_token: t}}]',
      'accounts[0].credentials: must have exactly one of claude_config_dir, keychain, oauth_tokens_dir, kubernetes_secret, access_token, claude_code, none',
    ],
    [
      'accounts: [{credentials: {access_token: {env: TOKEN}}}]',
      'accounts[0].credentials.access_token: the environment variable TOKEN is not set',
    ],
    [
      'accounts: [{credentials: {access_token: {file: /nowhere}}}]',
      'accounts[0].credentials.access_token: the file /nowhere cannot be read (ENOENT)',
    ],
    [
      'accounts: [{name: a, credentials: {claude_config_dir: /c}}, {name: a, credentials: {claude_config_dir: /d}}]',
      'accounts[1].name: "a" is the name of two accounts',
    ],
  ])('%s is refused', (text, problem) => {
    expect(complaint(text)).toBe(`exporter.yaml: 1 problem\n  ${problem}`);
  });
});

test('one account that is no simulator makes the limits of the API apply to all', () => {
  const simulated = '{credentials: {claude_config_dir: /s}, endpoint: "http://[::1]:8080"}';
  const text = `accounts: [${simulated}, {credentials: {claude_config_dir: /c}, endpoint: "https://api.example.org"}]`;
  expect(load(text).accounts[0]?.limits).toMatchObject({ floorMs: 180_000, hourlyBudget: 20 });
  expect(complaint(`${text}\npoll: {interval: 1s}`)).toContain('poll.interval: "1s" must be at least 3m');
});

describe('the rest', () => {
  test('WEEKLY_THRESHOLDS overrides the file, and an empty one counts as absent', () => {
    const percents = (env: Record<string, string>) =>
      load('thresholds: {weekly: [10]}', { env }).thresholds.weekly.map(({ percent }) => percent);
    expect(percents({ WEEKLY_THRESHOLDS: ' 95, 50,50 ' })).toEqual([50, 95]);
    expect(percents({ WEEKLY_THRESHOLDS: '' })).toEqual([10]);
  });

  test.each(['50;80', 'half', '50,', '0', '-5', '101', '1e999', 'NaN'])('WEEKLY_THRESHOLDS=%j is refused', (text) => {
    expect(complaint('', { env: { WEEKLY_THRESHOLDS: text } })).toBe(
      `exporter.yaml: 1 problem\n  environment variable WEEKLY_THRESHOLDS: "${text}" must be percentages above 0 and up to 100, separated by commas, like "50,80"`,
    );
  });

  test.each([
    [
      'poll: {interval: 60s}',
      'poll.interval: "60s" must be at least 3m, because the API blocks more frequent requests; 1s is allowed if every endpoint is a loopback address',
    ],
    ['poll: {interval: 5}', 'poll.interval: 5 must be a duration like 90s, 5m or 8d'],
    [
      'poll: {user_agent: "a\\nb"}',
      'poll.user_agent: "a\\nb" must be one line of at most 200 printable ASCII characters',
    ],
    [
      'stale_after: 5m',
      'stale_after: "5m" must be longer than poll.interval (5m); otherwise the usage would vanish between two polls',
    ],
    ['thresholds: {weekly: 50}', 'thresholds.weekly: must be a list of percentages like [50, 80]'],
    ['thresholds: {weekly: ["50"]}', 'thresholds.weekly[0]: "50" must be a percentage like 80'],
    ['thresholds: {five_hour: [0]}', 'thresholds.five_hour[0]: 0 must be above 0'],
    ['thresholds: {five_hour: [101]}', 'thresholds.five_hour[0]: 101 must not be above 100'],
    [
      'treshold: 1',
      'treshold: is an unknown key; known here: accounts, thresholds, poll, oauth, stale_after, tier, transcripts, forecast, api, http',
    ],
    ['forecast: {linear_range: 5m}', 'forecast.linear_range: "5m" is below 1h, too short for a line'],
    ['tier: {files: {wrok: a.json}}', 'tier.files.wrok: is not an account; the accounts are default'],
    ['api: {bearer_tokens: token}', 'api.bearer_tokens: must be a list'],
    [
      '[1]',
      'must be a section with the keys accounts, thresholds, poll, oauth, stale_after, tier, transcripts, forecast, api, http',
    ],
  ])('%s is refused', (text, problem) => {
    expect(complaint(text)).toBe(`exporter.yaml: 1 problem\n  ${problem}`);
  });

  test('every problem is told at once, those of the environment too', () => {
    const text =
      'accounts: [{name: me@example.org, credentials: {access_token: {file: /nowhere}}}]\npoll: {interval: 1s, often: true}';
    expect(complaint(text, { env: { WEEKLY_THRESHOLDS: 'x' } })).toBe(
      [
        'exporter.yaml: 5 problems',
        '  accounts[0].name: "me@example.org" is an e-mail address, which metrics must not show; choose a name like "work"',
        '  accounts[0].credentials.access_token: the file /nowhere cannot be read (ENOENT)',
        '  poll.interval: "1s" must be at least 3m, because the API blocks more frequent requests; 1s is allowed if every endpoint is a loopback address',
        '  poll.often: is an unknown key; known here: interval, user_agent',
        '  environment variable WEEKLY_THRESHOLDS: "x" must be percentages above 0 and up to 100, separated by commas, like "50,80"',
      ].join('\n'),
    );
  });

  test('the tokens of the API are secrets like any other', () => {
    const { api } = load(
      'api: {bearer_tokens: [inline, {env: API_TOKEN}], read_tokens: [reader], writers: [alice, ops.example]}',
      { env: { API_TOKEN: 'from-env' } },
    );
    expect(api.writeTokens.map((token) => token.reveal())).toEqual(['inline', 'from-env']);
    expect(api.readTokens.map((token) => token.reveal())).toEqual(['reader']);
    expect(api.writers).toEqual(['alice', 'ops.example']);
  });

  test('a proxy that is none is a problem, and what else it may hold is not shown', () => {
    expect(complaint('', { env: { HTTPS_PROXY: 'socks5://me:hunter2@proxy' } })).toBe(
      'exporter.yaml: 1 problem\n  environment variable HTTPS_PROXY: must be the address of an http or https proxy, like http://proxy.example:3128',
    );
  });

  test('no complaint repeats a token', () => {
    const text =
      'accounts: [{credentials: {access_token: [sk-planted]}}, {credentials: {claude_config_dir: /c, access_token: sk-planted}}]';
    expect(complaint(text)).toMatch(/2 problems/);
    expect(complaint(text)).not.toContain('sk-planted');
  });
});

describe('the documented example', () => {
  const directory = fileURLToPath(new URL('../..', import.meta.url));
  const example = readFileSync(join(directory, 'config.example.yaml'), 'utf8');
  const keysOf = (text: string) => new Set([...text.matchAll(/^[ -]*([a-z_0-9]+):/gm)].map(([, key]) => key));

  test('is valid, and names every key there is', () => {
    const config = load(example, { env: { LAPTOP_TOKEN: 'token' }, directory });
    expect(config.accounts.map(({ name }) => name)).toEqual([
      'home',
      'work',
      'mac',
      'cluster',
      'laptop',
      'installed',
      'elsewhere',
    ]);
    const known = [
      'accounts: {x: 1}',
      'accounts: [{x: 1}]',
      'accounts: [{credentials: {x: 1}}]',
      'thresholds: {x: 1}',
      'poll: {x: 1}',
      'oauth: {x: 1}',
      'tier: {x: 1}',
      'transcripts: {x: 1}',
      'transcripts: {directories: [{x: 1}]}',
      'transcripts: {prices: [{x: 1}]}',
      'transcripts: {agents: [{x: 1}]}',
      'forecast: {x: 1}',
      'api: {x: 1}',
      'http: {x: 1}',
      'x: 1',
    ]
      .flatMap((text) => [...complaint(text).matchAll(/known here: (.*)/g)])
      .flatMap(([, keys = '']) => keys.split(', '));
    expect(known.length).toBeGreaterThan(9);
    expect(keysOf(example)).toEqual(new Set(known));
  });

  test('gives the defaults where it says so', () => {
    const config = load(example, { env: { LAPTOP_TOKEN: 'token' }, directory });
    const { thresholds, staleAfterMs, oauth, tier } = load('');
    expect(config).toMatchObject({ thresholds, staleAfterMs, oauth: { ...oauth, userAgent: config.userAgent } });
    expect(config.tier).toEqual({ ...tier, files: { work: '/var/lib/claude-usage/anthropic-usage.json' } });
    expect(config.accounts.map(({ limits }) => limits)).toEqual(Array(7).fill(load('').accounts[0]?.limits));
  });
});
