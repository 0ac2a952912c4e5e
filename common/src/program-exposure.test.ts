import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig, secretSchema } from './config.ts';
import { runProgram } from './program.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'program-'));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Starts a program with this configuration; returns its warnings. */
async function warnings(config: string): Promise<string[]> {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, config);
  let log = '';
  await runProgram(
    {
      name: 'my-program',
      summary: 'Does one thing.',
      configVariable: 'MY_CONFIG',
      defaultAddress: '127.0.0.1:10099',
      readConfig: ({ text, source }, context) =>
        parseConfig(z.object({ tokens: z.array(secretSchema(context)) }), text, source),
      start: async () => ({ failed: new Promise(() => {}), stop: async () => {} }),
    },
    {
      args: ['--config.file', file, '--storage.path', join(directory, 'data')],
      env: { HOME: directory },
      signals: { once: (signal, listener) => signal === 'SIGTERM' && queueMicrotask(listener), on() {} },
      out() {},
      err: (text) => {
        log += text;
      },
    },
  );
  return [...log.matchAll(/level=warn (.*)/g)].map(([, text = '']) => text);
}

test('files with secrets that everyone can read are named at the start', async () => {
  for (const [name, mode] of [
    ['open', 0o644],
    ['private', 0o600],
  ] as const) {
    writeFileSync(join(directory, name), 'secret', { mode });
  }
  expect(await warnings('tokens: [{file: open}, {file: private}]')).toEqual([
    `msg="file with secrets is readable by every user; use chmod 600" file=${join(directory, 'open')}`,
  ]);
});

test('a configuration that contains a secret is such a file', async () => {
  expect(await warnings('tokens: [secret]')).toEqual([
    `msg="file with secrets is readable by every user; use chmod 600" file=${join(directory, 'config.yaml')}`,
  ]);
  chmodSync(join(directory, 'config.yaml'), 0o600);
  expect(await warnings('tokens: [secret]')).toEqual([]);
});

test('a storage directory that others can write to is named', async () => {
  mkdirSync(join(directory, 'data'));
  chmodSync(join(directory, 'data'), 0o777);
  expect(await warnings('tokens: []')).toEqual([
    `msg="storage directory is writable by other users; use chmod 700" directory=${join(directory, 'data')}`,
  ]);
});
