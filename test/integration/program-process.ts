import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** One of the two programs as a separate process, on whatever address and protocol its flags say. */
export interface ProgramProcess extends AsyncDisposable {
  /** As the program tells it when it listens. */
  readonly url: string;
  readonly log: readonly string[];
  signal(name: NodeJS.Signals): void;
  /** Waits for a line of the log that is yet to be read by this function. */
  untilLogged(pattern: RegExp): Promise<string>;
}

export async function startProgram(
  main: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ProgramProcess> {
  const child: ChildProcess = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const log: string[] = [];
  let unread = 0;
  let wake = () => {};
  if (child.stderr === null) throw new Error('the log is not piped');
  createInterface(child.stderr).on('line', (line) => {
    log.push(line);
    wake();
  });
  const untilLogged = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = log.findIndex((line, at) => at >= unread && pattern.test(line));
      if (found !== -1) {
        unread = found + 1;
        return log[found] ?? '';
      }
      const { promise, resolve } = Promise.withResolvers<'line'>();
      wake = () => resolve('line');
      if ((await Promise.race([promise, ended])) !== 'line') {
        throw new Error(`the program ended before it logged ${pattern}:\n${log.join('\n')}`);
      }
    }
  };
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const line = await untilLogged(/ url=http/);
    const url = / url=(\S+)/.exec(line)?.[1] ?? '';
    return { url, log, untilLogged, signal: (name) => child.kill(name), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
