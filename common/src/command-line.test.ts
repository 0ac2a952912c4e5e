import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseCommandLine, readConfigFile } from './command-line.ts';

const program = {
  name: 'my-program',
  summary: 'Does one thing.',
  configVariable: 'MY_CONFIG',
  defaultAddress: '127.0.0.1:10099',
};

function parse(args: string[], env: Record<string, string> = { HOME: '/home/nobody' }) {
  const printed = { out: '', err: '' };
  const flags = parseCommandLine(program, args, env, {
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
  });
  return { flags, ...printed };
}

test('without arguments everything has its default', () => {
  expect(parse([]).flags).toEqual({
    configFile: undefined,
    configCheck: false,
    storagePath: '/home/nobody/.local/state/my-program',
    listenAddresses: [{ host: '127.0.0.1', port: 10_099 }],
    webConfigFile: undefined,
    logLevel: 'info',
    logFormat: 'logfmt',
  });
});

test('every flag is read', () => {
  const args = [
    '--config.file=c.yaml',
    '--config.check',
    '--storage.path=data',
    '--web.listen-address=[::1]:0',
    '--web.config.file=web.yml',
  ];
  expect(parse([...args, '--log.level=debug', '--log.format', 'json']).flags).toEqual({
    configFile: 'c.yaml',
    configCheck: true,
    storagePath: resolve('data'),
    listenAddresses: [{ host: '::1', port: 0 }],
    webConfigFile: 'web.yml',
    logLevel: 'debug',
    logFormat: 'json',
  });
});

test('state is kept under $XDG_STATE_HOME, unless that is empty', () => {
  expect(parse([], { HOME: '/h', XDG_STATE_HOME: '/s' }).flags).toMatchObject({ storagePath: '/s/my-program' });
  expect(parse([], { HOME: '/h', XDG_STATE_HOME: '' }).flags).toMatchObject({
    storagePath: '/h/.local/state/my-program',
  });
});

test('the configuration file is named by the flag, else by the variable, else it is the one in $XDG_CONFIG_HOME', () => {
  const config = mkdtempSync(join(tmpdir(), 'command-line-test-'));
  mkdirSync(join(config, 'my-program'));
  const file = join(config, 'my-program', 'config.yaml');
  writeFileSync(file, '');
  const env = { MY_CONFIG: 'by-variable', XDG_CONFIG_HOME: config };
  expect(parse(['--config.file=by-flag'], env).flags).toMatchObject({ configFile: 'by-flag' });
  expect(parse([], env).flags).toMatchObject({ configFile: 'by-variable' });
  expect(parse([], { ...env, MY_CONFIG: '' }).flags).toMatchObject({ configFile: file });
  expect(parse([], { XDG_CONFIG_HOME: join(config, 'elsewhere') }).flags).toMatchObject({ configFile: undefined });
});

test('without $XDG_CONFIG_HOME the configuration is looked for in ~/.config', () => {
  const home = mkdtempSync(join(tmpdir(), 'command-line-test-'));
  const file = join(home, '.config', 'my-program', 'config.yaml');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '');
  expect(parse([], { HOME: home, XDG_CONFIG_HOME: '' }).flags).toMatchObject({ configFile: file });
});

test('--help prints every flag and ends with exit code 0', () => {
  const { flags, out, err } = parse(['--help']);
  expect(flags).toEqual({ exitCode: 0 });
  expect(err).toBe('');
  const named = out.matchAll(/^ {2}(--[a-z.-]+)/gm);
  expect([...named].map(([, flag]) => flag)).toEqual([
    '--config.file',
    '--storage.path',
    '--config.check',
    '--web.listen-address',
    '--web.config.file',
    '--log.level',
    '--log.format',
    '--version',
  ]);
  expect(out).toContain('$MY_CONFIG');
  expect(out.replaceAll(/\s+/g, ' ')).toContain('(default: 127.0.0.1:10099)');
});

test('--help lists the commands where there are some', () => {
  let out = '';
  const subcommands = { once: { summary: 'do it once' }, forever: { summary: 'never stop' } };
  const terminal = { err: () => {}, out: (text: string) => (out += text) };
  expect(parseCommandLine({ ...program, subcommands }, ['--help'], {}, terminal)).toEqual({ exitCode: 0 });
  expect(out).toMatch(/^Usage: my-program \[command\] \[options\]\n/);
  expect(out).toContain(
    '\nCommands, each with its own --help (`my-program COMMAND --help`):\n  once     do it once\n  forever  never stop\n',
  );
});

test('--version prints name, version and revision and ends with exit code 0', () => {
  const { flags, out } = parse(['--version']);
  expect(flags).toEqual({ exitCode: 0 });
  expect(out).toMatch(/^my-program \S+ \(revision \S+\)\n$/);
});

const refusedAddress = (text: string, reason: string) =>
  `error: option '--web.listen-address <host:port>' argument '${text}' is invalid. ${reason}\n`;
const wrongUsage: [string[], string][] = [
  [['--colour'], "error: unknown option '--colour'\n"],
  [['serve'], 'error: too many arguments. Expected 0 arguments but got 1: serve.\n'],
  [['--storage.path'], "error: option '--storage.path <directory>' argument missing\n"],
  [
    ['--log.level=loud'],
    "error: option '--log.level <level>' argument 'loud' is invalid. Allowed choices are debug, info, warn, error.\n",
  ],
  [
    ['--log.format=xml'],
    "error: option '--log.format <format>' argument 'xml' is invalid. Allowed choices are logfmt, json.\n",
  ],
  ...['9000', '127.0.0.1', '127.0.0.1:65536', '127.0.0.1:x', '::1:80', ''].map((text): [string[], string] => [
    [`--web.listen-address=${text}`],
    refusedAddress(text, 'Write it as host:port, like 127.0.0.1:9000.'),
  ]),
];
test.each(wrongUsage)('%j is wrong usage: exit code 2 and one sentence', (args, sentence) => {
  expect(parse(args)).toEqual({ flags: { exitCode: 2 }, out: '', err: sentence });
});

test('--web.listen-address may be given several times, with any host', () => {
  const args = ['0.0.0.0:80', ':81', '[::1]:82'].map((text) => `--web.listen-address=${text}`);
  expect(parse(args).flags).toMatchObject({
    listenAddresses: [
      { host: '0.0.0.0', port: 80 },
      { host: '', port: 81 },
      { host: '::1', port: 82 },
    ],
  });
});

test('relative paths of a configuration start at its directory; without a file they start where the program runs', () => {
  const directory = mkdtempSync(join(tmpdir(), 'command-line-test-'));
  const file = join(directory, 'c.yaml');
  writeFileSync(file, 'a: 1\n');
  expect(readConfigFile(file)).toEqual({ text: 'a: 1\n', source: file, directory });
  expect(readConfigFile(undefined)).toEqual({ text: '', source: 'the default configuration', directory: resolve('.') });
});
