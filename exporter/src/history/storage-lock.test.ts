import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockStorage } from './storage-lock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const taken = () =>
  `another exporter uses the storage directory ${directory}. Stop it, or choose another directory with --storage.path.`;

test('a second exporter is rejected until the first one ends', () => {
  {
    using _first = lockStorage(directory);
    expect(() => lockStorage(directory)).toThrow(taken());
  }
  lockStorage(directory)[Symbol.dispose]();
});

test('the lock of a killed process ends with it', async () => {
  const module = new URL('./storage-lock.ts', import.meta.url).href;
  const script = `const { lockStorage } = await import(${JSON.stringify(module)}); globalThis.lock = lockStorage(${JSON.stringify(directory)}); console.log('locked'); setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  expect(() => lockStorage(directory)).toThrow(taken());
  other.kill('SIGKILL');
  await once(other, 'exit');
  lockStorage(directory)[Symbol.dispose]();
}, 60_000);

test('a directory that cannot be made is named with the flag', () => {
  writeFileSync(join(directory, 'file'), '');
  expect(() => lockStorage(join(directory, 'file', 'deeper'))).toThrow(
    `Cannot create the directory ${directory}/file/deeper: a part of the path is a file. Check --storage.path.`,
  );
});
