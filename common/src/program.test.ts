import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { durationSchema, parseConfig, section } from './config.ts';
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
      '  every: "soon" is not a duration; write it as Prometheus does, like 90s, 5m or 1h30m',
      '  colour: is an unknown key; known here: every',
      '',
    ].join('\n'),
  });
});

test('a configuration file that can not be read is named and exits with 2', async () => {
  expect(await run([], undefined, { MY_CONFIG: '/nowhere/config.yaml' })).toMatchObject({
    exitCode: 2,
    started: [],
    err: "/nowhere/config.yaml can't be read (ENOENT)\n",
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
  expect(log).toBe('level=error msg="my-program can\'t go on" err="can\'t listen: address in use"\n');
});

test('an error with an exit code of its own ends the program with that', async () => {
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
  expect(log).toBe('level=error msg="my-program can\'t go on" err="keys used twice"\n');
});
