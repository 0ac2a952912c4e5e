import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, durationSchema, parseConfig, section } from './config.ts';
import { type Program, runProgram } from './program.ts';
import type { SignalSource } from './service.ts';

const schema = section({ every: durationSchema().default(1000) });
type Config = { every: number };

async function run(args: string[], start?: Program<Config>['start'], env: Record<string, string> = {}) {
  // Whoever waits for it is told to stop at once.
  const signals: SignalSource = {
    once: (signal, listener) => signal === 'SIGTERM' && queueMicrotask(listener),
    on() {},
  };
  const printed = { out: '', err: '' };
  const started: Config[] = [];
  const exitCode = await runProgram<Config>(
    {
      name: 'my-program',
      summary: 'Does one thing.',
      configVariable: 'MY_CONFIG',
      defaultAddress: '127.0.0.1:10099',
      readConfig: ({ text, source }) => parseConfig(schema, text, source),
      start: async (config, context) => {
        started.push(config);
        if (start) return await start(config, context);
        return { failed: new Promise(() => {}), stop: async () => {} };
      },
    },
    {
      args,
      env: { HOME: '/nowhere', ...env },
      signals,
      out: (text) => {
        printed.out += text;
      },
      err: (text) => {
        printed.err += text;
      },
    },
  );
  return { exitCode, started, ...printed, log: printed.err.replaceAll(/^ts=\S+ /gm, '') };
}

function configFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'program-test-')), 'config.yaml');
  writeFileSync(file, text);
  return file;
}

test('a program runs with its configuration until it is told to stop, then exits with 0', async () => {
  const { exitCode, started, log } = await run([`--config.file=${configFile('every: 5m')}`]);
  expect(exitCode).toBe(0);
  expect(started).toEqual([{ every: 300_000 }]);
  expect(log).toBe('level=info msg=stopping signal=SIGTERM\nlevel=info msg=stopped\n');
});

test('a wrong configuration is told with all its problems and exits with 2; nothing is started', async () => {
  const file = configFile('every: soon\ncolour: red\n');
  expect(await run([`--config.file=${file}`])).toMatchObject({
    exitCode: 2,
    started: [],
    out: '',
    err: [
      `${file}: 2 problems`,
      '  every: "soon" is not a duration; write it as in Prometheus, like 90s, 5m or 1h30m',
      '  colour: is an unknown key; known here: every',
      '',
    ].join('\n'),
  });
});

test('a configuration file that can not be read is named and exits with 2', async () => {
  expect(await run([], undefined, { MY_CONFIG: '/nowhere/config.yaml' })).toMatchObject({
    exitCode: 2,
    started: [],
    err: '/nowhere/config.yaml cannot be read (ENOENT)\n',
  });
});

test('wrong usage exits with 2 before the configuration is read', async () => {
  expect(await run(['--colour', '--config.file=/nowhere'])).toMatchObject({
    exitCode: 2,
    err: "error: unknown option '--colour'\n",
  });
});

test('--config.check says that a configuration is valid and starts nothing', async () => {
  const file = configFile('every: 5m');
  expect(await run(['--config.check', `--config.file=${file}`])).toMatchObject({
    exitCode: 0,
    started: [],
    out: `${file} is valid\n`,
    err: '',
  });
  expect(await run(['--config.check'])).toMatchObject({ exitCode: 0, out: 'the default configuration is valid\n' });
});

test('--config.check exits with 2 where the configuration is wrong', async () => {
  const file = configFile('every: soon');
  expect(await run(['--config.check', `--config.file=${file}`])).toMatchObject({ exitCode: 2, started: [], out: '' });
});

test('a start that fails is told in one sentence with its causes and exits with 1', async () => {
  const { exitCode, log } = await run([], async () => {
    throw new Error("can't listen", { cause: new Error('address in use') });
  });
  expect(exitCode).toBe(1);
  expect(log).toBe('level=error msg="fatal error" err="can\'t listen: address in use"\n');
});

test('an error with its own exit code ends the program with that code', async () => {
  const refused = Object.assign(new Error('another identity'), { exitCode: 3 });
  const { exitCode } = await run([], async () => {
    throw refused;
  });
  expect(exitCode).toBe(3);
});

test('a failure while it runs stops the service and exits with the code of the failure', async () => {
  let isStopped = false;
  const { exitCode, log } = await run([], async () => ({
    failed: Promise.reject(Object.assign(new Error('keys used twice'), { exitCode: 3 })),
    stop: async () => {
      isStopped = true;
    },
  }));
  expect(exitCode).toBe(3);
  expect(isStopped).toBe(true);
  expect(log).toBe('level=error msg="fatal error" err="keys used twice"\n');
});

const OPEN = ['--web.listen-address=0.0.0.0:0'];
const HASH = '$2b$04$abcdefghijklmnopqrstuuBrHHdCQN1XdO96Avc9ujvUp.D3mwYVO';

test('addresses of other than this machine need a web configuration that demands a credential', async () => {
  expect(await run(OPEN)).toMatchObject({
    exitCode: 2,
    started: [],
    err: 'the command line: 1 problem\n  --web.listen-address: 0.0.0.0:0 is reachable from other machines, so a credential is required. Set basic_auth_users, or client_auth_type: RequireAndVerifyClientCert, in the file of --web.config.file\n',
  });
  const web = configFile(`basic_auth_users: {alice: ${HASH}}`);
  const { exitCode, log } = await run([...OPEN, `--web.config.file=${web}`]);
  expect(exitCode).toBe(0);
  expect(log).toContain(
    'level=warn msg="passwords of basic_auth_users cross the network in clear text; add tls_server_config, or a TLS proxy"\n',
  );
});

test('a program is started with its addresses and its web configuration', async () => {
  const web = configFile(`basic_auth_users: {alice: ${HASH}}`);
  const given: unknown[] = [];
  await run([`--web.config.file=${web}`, '--web.listen-address=[::1]:0'], async (_, context) => {
    given.push(context.web.addresses, [...context.web.config().users.keys()]);
    throw new Error('enough');
  });
  expect(given).toEqual([[{ host: '::1', port: 0 }], ['alice']]);
});

test('problems of the configuration and of the web configuration are told together, by --config.check too', async () => {
  const [config, web] = [configFile('every: soon'), configFile('basic_auth_users: {alice: hunter2}')];
  for (const check of [[], ['--config.check']]) {
    const { exitCode, err } = await run([...check, `--config.file=${config}`, `--web.config.file=${web}`]);
    expect(exitCode).toBe(2);
    expect(err.split('\n')).toEqual([
      `${config}: 1 problem`,
      '  every: "soon" is not a duration; write it as in Prometheus, like 90s, 5m or 1h30m',
      `${web}: 1 problem`,
      '  basic_auth_users.alice: must be the bcrypt hash of a password, as `htpasswd -nBC 10 ""` prints it after the colon',
      '',
    ]);
  }
  const good = configFile('');
  expect(await run(['--config.check', `--web.config.file=${good}`])).toMatchObject({
    exitCode: 0,
    out: `the default configuration is valid\n${good} is valid\n`,
  });
  expect(await run(['--web.config.file=/nowhere/web.yml'])).toMatchObject({
    exitCode: 2,
    err: '/nowhere/web.yml cannot be read (ENOENT)\n',
  });
});

test('the configuration can be re-read at any time', async () => {
  const file = configFile('every: 5m');
  await run([`--config.file=${file}`], async (_, { readConfig }) => {
    writeFileSync(file, 'every: 6m');
    expect(readConfig()).toEqual({ every: 360_000 });
    writeFileSync(file, 'every: soon');
    expect(readConfig).toThrow(ConfigError);
    rmSync(file);
    expect(readConfig).toThrow(`${file} cannot be read (ENOENT)`);
    return { failed: new Promise(() => {}), stop: async () => {} };
  });
  expect.assertions(3);
});
