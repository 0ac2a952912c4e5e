import { expect, test } from 'vitest';
import { runCommand } from './subcommands.ts';

async function run(...args: string[]) {
  let err = '';
  const loaded: string[] = [];
  const command = (name: string, exitCode: number) => ({
    summary: '',
    load: async () => {
      loaded.push(name);
      return async (host: { args: readonly string[] }) => {
        loaded.push(...host.args);
        return exitCode;
      };
    },
  });
  const host = {
    args,
    env: {},
    signals: { once: () => {}, on: () => {} },
    out: () => {},
    err: (text: string) => {
      err += text;
    },
  };
  const subcommands = { once: command('once', 4), twice: command('twice', 5) };
  const exitCode = await runCommand(host, subcommands, command('serve', 0).load);
  return { exitCode, loaded, err };
}

test('the first argument names the command, which gets the others; nothing else is loaded', async () => {
  expect(await run('once', '--json', 'twice')).toEqual({ exitCode: 4, loaded: ['once', '--json', 'twice'], err: '' });
});

test('without a command, or with a flag first, the program serves', async () => {
  expect(await run()).toEqual({ exitCode: 0, loaded: ['serve'], err: '' });
  expect(await run('--help', 'once')).toEqual({ exitCode: 0, loaded: ['serve', '--help', 'once'], err: '' });
});

test('a command after the options is wrong usage', async () => {
  expect(await run('--config.file', 'x', 'once')).toEqual({
    exitCode: 2,
    loaded: [],
    err: 'error: the command must come first: once --config.file x\n',
  });
  expect((await run('--storage.path', 'once')).loaded).toEqual(['serve', '--storage.path', 'once']);
});

test.each(['onec', 'toString'])('%s is no command: exit code 2, and the list of commands', async (name) => {
  const err = `error: unknown command '${name}'; the commands are once, twice, and without a command the program serves\n`;
  expect(await run(name)).toEqual({ exitCode: 2, loaded: [], err });
});
