import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../deploy/local/main.ts', import.meta.url));

/** A running `npm start`, from its second step on. */
export interface StartProcess extends AsyncDisposable {
  /** Resolves with everything printed so far as soon as that contains `text`. */
  printed(text: string): Promise<string>;
  /** Sends a signal and resolves with the exit code. */
  stop(signal: 'SIGINT' | 'SIGTERM'): Promise<number | null>;
}

export interface StartProcessOptions {
  readonly state: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function runStart({ state, args = [], env }: StartProcessOptions): StartProcess {
  const child = spawn(process.execPath, [MAIN, `--state=${state}`, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      look();
    });
  }
  const closed = once(child, 'close');
  closed.then(look, look);
  return {
    printed(text) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const check = (): void => {
        if (output.includes(text)) resolve(output);
        else if (child.exitCode !== null) reject(new Error(`The run ended without printing ${text}:\n${output}`));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
      return promise;
    },
    async stop(signal) {
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await closed;
    },
  };
}
